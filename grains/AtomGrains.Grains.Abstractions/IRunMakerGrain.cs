using AtomGrains.Grains.Wire;

namespace AtomGrains.Grains;

/// <summary>
/// Makes the folder of one run, on a silo that has the run's job and a device of its kind: only a tensor engine knows how
/// many parameters a model has, and only that device what its bits depend on. Its key is the run's name.
/// </summary>
public interface IRunMakerGrain : IGrainWithStringKey
{
    /// <summary>What is asked of <see cref="IRunsGrain.Start"/>, which calls it.</summary>
    [ResponseTimeout("00:10:00")]
    Task<RunAnswer> Make(RunRequest request);

    /// <summary>
    /// Has the run, of which nothing lives, go on with this silo's build of its job and on its kind of machine. Safe to repeat.
    /// </summary>
    [ResponseTimeout("00:02:00")]
    Task<RunAnswer> Adopt();
}
