using AtomGrains.Grains.Wire;

namespace AtomGrains.Grains;

/// <summary>
/// One node of a run: a worker with the partition replicas beside it, on the device of its silo; its key is
/// <see cref="RunKeys.Node"/>. It begins its life, and carries control messages to the threads on which it lives. A node
/// has one life: an activation where it does not live is empty and says so, and never becomes that node again.
/// </summary>
public interface IWorkerGrain : IGrainWithStringKey
{
    /// <summary>Begins the node's life here.</summary>
    Task Start(WorkerSeat seat);

    /// <summary>Messages of the coordinator, in order. False when this node does not live here: it is over.</summary>
    [ResponseTimeout("00:00:02")]
    Task<bool> Deliver(ControlBatch batch);

    /// <summary>What lives here; null when nothing does.</summary>
    Task<NodeState?> State();
}
