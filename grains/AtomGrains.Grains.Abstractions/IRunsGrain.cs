using AtomGrains.Grains.Wire;

namespace AtomGrains.Grains;

/// <summary>
/// The runs of a cluster: one grain, <see cref="Key"/>, whom clients ask and silos with a free device. What it knows is in
/// the folder that the silos share, so that it has nothing to lose.
/// </summary>
public interface IRunsGrain : IGrainWithIntegerKey
{
    /// <summary>The key of the only one.</summary>
    const long Key = 0;

    /// <summary>
    /// Makes a run, whole or not at all; it begins as soon as devices are free. Safe to repeat: a run that is there already,
    /// by the very same request, is a success. Takes as long as reading the data does.
    /// </summary>
    [ResponseTimeout("00:10:00")]
    Task<RunAnswer> Start(RunRequest request);

    /// <summary>Every run, oldest first.</summary>
    Task<RunList> List(RunQuery query);

    /// <summary>Changes what is wanted of a run that is not over. Safe to repeat.</summary>
    [ResponseTimeout("00:04:00")]
    Task<RunAnswer> Order(RunOrder order);

    /// <summary>The runs that a device may be offered to, oldest first: neither over nor paused, and of the device's kind.</summary>
    Task<IReadOnlyList<string>> Wanted(DeviceOffer offer);
}
