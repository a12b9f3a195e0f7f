using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Grains.Runs;
using AtomGrains.Node.Storage.Checkpoints;
using AtomGrains.Node.Workers;

namespace AtomGrains.Grains.Workers;

/// <summary>A node on threads of its silo: the whole of one that has a single device, with no hop to it.</summary>
public sealed class NodeThread : INodeBody
{
    private readonly NodePlace _place;
    private readonly INodeOwner _owner;
    private readonly NodeActor _actor;
    private readonly string _folder;

    /// <summary>Listens for tensors at once.</summary>
    public NodeThread(NodePlace place, RunPlan plan, NodeModel model, INodeOwner owner, CheckpointStore store)
    {
        _place = place;
        _owner = owner;
        _folder = plan.Folder;
        _actor = new NodeActor(place, plan.Spec, model, plan.Settings.Heartbeat, owner, store);
    }

    public int? ProcessId => Environment.ProcessId;

    public void Begin() => new Thread(Live) { IsBackground = true, Name = $"node {_place.Node}" }.Start();

    public void Deliver(ControlMessage message) => _actor.Deliver(message);

    public void Leave() => _actor.Leave();

    // At once, with nothing between: what it did behind that would not be in what it has written.
    public void LeaveBehind() => _actor.LeaveBehind(_folder, () => Signals.EndProcess(NodeProcess.ExitOrphaned));

    public void End() => _actor.End();

    private void Live()
    {
        _actor.Run();
        _owner.Ended(null);
    }
}
