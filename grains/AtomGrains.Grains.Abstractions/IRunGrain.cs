using AtomGrains.Grains.Wire;

namespace AtomGrains.Grains;

/// <summary>
/// The coordinator of one run; its key is the run's id. That only one of them decides is not Orleans's promise but the
/// register's: two activations may live for a moment, and the one that loses a generation stops for good.
/// </summary>
public interface IRunGrain : IGrainWithStringKey
{
    /// <summary>A silo has a device that no worker of the run uses; repeated until it is taken.</summary>
    Task<OfferAnswer> Offer(DeviceOffer offer);

    /// <summary>Messages of one node to the coordinator, in order. Safe to repeat.</summary>
    [ResponseTimeout("00:00:02")]
    Task Report(ControlBatch batch);

    /// <summary>A node's process does not accept connections any more, whoever found out. Safe to repeat.</summary>
    [ResponseTimeout("00:00:02")]
    Task NodeEnded(int node);

    /// <summary>The silo that had started a node's process saw its end. Safe to repeat.</summary>
    [ResponseTimeout("00:00:02")]
    Task NodeExited(NodeExit exit);

    /// <summary>Ends the run before its last step; what was decided stays. Without effect once it is over.</summary>
    Task Stop(string reason);

    /// <summary>
    /// Changes what is wanted of the run: written down before it is answered, so that a coordinator that lives again elsewhere
    /// knows it. Safe to repeat.
    /// </summary>
    [ResponseTimeout("00:01:00")]
    Task<RunAnswer> Order(RunOrder order);

    /// <summary>Where the run stands.</summary>
    Task<RunProgress> Progress();
}
