using AtomGrains.Grains.Runs;
using AtomGrains.Grains.Wire;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Orleans.Runtime.Placement;

namespace AtomGrains.Grains.Workers;

/// <summary>
/// The shell of a <see cref="SiloNode"/>, which lives in the silo and not in an activation: when the silo dies that kept
/// this grain's entry of the directory, Orleans takes the activation down, and no step may end for that. The next one is
/// placed here again and finds its node. An activation elsewhere is empty: it says that the node is over, and goes.
/// </summary>
[DevicePlacement]
public sealed partial class WorkerGrain(ISiloRuns runs, DeviceSlots devices, IClusterMembershipService membership, ILocalSiloDetails silo, ILogger<WorkerGrain> logger)
    : Grain, IWorkerGrain
{
    private const string Coordinator = "the run grain";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(30);

    private SiloNode? Node
    {
        get
        {
            var (run, number) = RunKeys.Parse(this.GetPrimaryKeyString());
            return devices.Find(run, number);
        }
    }

    public Task Start(WorkerSeat seat)
    {
        WireContract.Check(Coordinator, seat.Version);
        if (Node is not null)
        {
            return Task.CompletedTask;
        }

        RefuseIfElsewhere(seat.Node);
        var id = RunKeys.Parse(this.GetPrimaryKeyString()).Run;
        var run = runs.Find(id) ?? throw new InvalidOperationException($"there is no run {id} here");
        var node = Create(seat, run, GrainFactory.GetGrain<IRunGrain>(id));
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
        WireContract.Check(Coordinator, batch.Version);
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

    // Whoever placed this activation may not have known the chosen silo yet, which had just joined. A node here would take the device
    // of another one, and the run would wait for one on the device that it chose.
    private void RefuseIfElsewhere(int node)
    {
        if (RequestContext.Get(IPlacementDirector.PlacementHintKey) is SiloAddress chosen && !chosen.Equals(silo.SiloAddress))
        {
            DeactivateOnIdle();
            throw new InvalidOperationException($"node {node} was to live on {chosen.ToParsableString()}, and was placed on {silo.SiloAddress.ToParsableString()}");
        }
    }

    // Whatever it is, a socket, a file or the job itself, it may be this silo's alone, and last: the caller hears of it, and of the
    // silo's rest the coordinator, who may have given it up by now.
    private SiloNode Create(WorkerSeat seat, ISiloRun run, IRunGrain coordinator)
    {
        try
        {
            return new SiloNode(seat, run, coordinator, membership, silo.SiloAddress, LogFailed);
        }
        catch (Exception error)
        {
            if (ProcessEnd.NotStarted(error.Message, run.NotStarted(error.Message)) is { SiloRests: not null } end)
            {
                var exit = new NodeExit(seat.Node, end.Kind, end.Cause, end.SiloRests, WireContract.Version);
                _ = Task.Run(() => new RepeatedCall(Pause, LogFailed).MakeAsync(() => coordinator.NodeExited(exit), isVain: _ => false));
            }

            DeactivateOnIdle();
            throw;
        }

        void LogFailed(Exception failure) => LogNotTold(run.Plan.RunId, seat.Node, failure);
    }

    [LoggerMessage(1, LogLevel.Warning, "run {Run}: the coordinator cannot be told of node {Node}; it is tried again")]
    private partial void LogNotTold(string run, int node, Exception error);
}
