using AtomGrains.Grains.Runs;
using AtomGrains.Grains.Wire;
using Orleans.Runtime;

namespace AtomGrains.Grains.Workers;

/// <summary>
/// The shell of a <see cref="SiloNode"/>, which lives in the silo and not in an activation: when the silo dies that kept
/// this grain's entry of the directory, Orleans takes the activation down, and no step may end for that. The next one is
/// placed here again and finds its node. An activation elsewhere is empty: it says that the node is over, and goes.
/// </summary>
[DevicePlacement]
public sealed class WorkerGrain(ISiloRun run, DeviceSlots devices, IClusterMembershipService membership, ILocalSiloDetails silo) : Grain, IWorkerGrain
{
    private SiloNode? Node => devices.Find(RunKeys.Parse(this.GetPrimaryKeyString()).Number);

    public Task Start(WorkerSeat seat)
    {
        if (Node is not null)
        {
            return Task.CompletedTask;
        }

        if (seat.Version != WireContract.Version)
        {
            throw new InvalidOperationException($"the run grain speaks version {seat.Version} of the wire contract, this silo {WireContract.Version}");
        }

        var node = new SiloNode(seat, run, GrainFactory.GetGrain<IRunGrain>(run.Plan.RunId), membership, silo.SiloAddress);
        if (!devices.All[seat.Child ?? 0].TryTake(node))
        {
            node.End();
            DeactivateOnIdle();
            throw new InvalidOperationException($"device {seat.Child ?? 0} of {silo.SiloAddress.ToParsableString()} has a node already");
        }

        DelayDeactivation(TimeSpan.MaxValue);
        node.Begin();
        return Task.CompletedTask;
    }

    public Task<bool> Deliver(ControlBatch batch)
    {
        if (Node is not { } node)
        {
            DeactivateOnIdle();
            return Task.FromResult(false);
        }

        node.Deliver(batch);
        return Task.FromResult(true);
    }

    public Task<NodeState?> State() => Task.FromResult(
        Node is { } node ? new NodeState(node.Id.Value, node.Slot, silo.SiloAddress.ToParsableString(), node.ProcessId) : null);
}
