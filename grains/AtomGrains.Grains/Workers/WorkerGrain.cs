using AtomGrains.Grains.Runs;
using AtomGrains.Grains.Wire;
using Orleans.Runtime;

namespace AtomGrains.Grains.Workers;

/// <summary>
/// The shell of a <see cref="SiloNode"/>. An activation that was never started holds nothing: it says that the node is
/// over, and goes.
/// </summary>
[DevicePlacement]
public sealed class WorkerGrain(ISiloRun run, DeviceSlot device, IClusterMembershipService membership, ILocalSiloDetails silo) : Grain, IWorkerGrain
{
    private SiloNode? _node;
    private WorkerSeat? _seat;

    public Task Start(WorkerSeat seat)
    {
        if (_node is not null)
        {
            return Task.CompletedTask;
        }

        if (seat.Version != WireContract.Version)
        {
            throw new InvalidOperationException($"the run grain speaks version {seat.Version} of the wire contract, this silo {WireContract.Version}");
        }

        var node = new SiloNode(seat, run, GrainFactory.GetGrain<IRunGrain>(run.Plan.RunId), membership);
        if (!device.TryTake(node))
        {
            node.End();
            DeactivateOnIdle();
            throw new InvalidOperationException($"the device of {silo.SiloAddress.ToParsableString()} has a node already");
        }

        _seat = seat;
        _node = node;
        DelayDeactivation(TimeSpan.MaxValue);
        node.Begin();
        return Task.CompletedTask;
    }

    public Task<bool> Deliver(ControlBatch batch)
    {
        if (_node is not { IsOver: false } node)
        {
            DeactivateOnIdle();
            return Task.FromResult(false);
        }

        node.Deliver(batch);
        return Task.FromResult(true);
    }

    public Task<NodeState?> State() => Task.FromResult(
        _node is { IsOver: false } && _seat is { } seat ? new NodeState(seat.Node, seat.Slot, silo.SiloAddress.ToParsableString(), Environment.ProcessId) : null);

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _node?.End();
        return Task.CompletedTask;
    }
}
