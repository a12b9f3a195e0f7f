using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Grains.Wire;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Orleans.Runtime.Placement;

namespace AtomGrains.Grains.Runs;

/// <summary>The shell of a <see cref="RunActor"/>: grain calls in, grain calls out, a timer, and the cluster's word on dead silos.</summary>
public sealed partial class RunGrain(ISiloRun run, IClusterMembershipService membership, ILocalSiloDetails silo, ILogger<RunGrain> logger)
    : Grain, IRunGrain, IRunOutput
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(50);

    // Beyond the time in which a grain lives again, and within that in which a lost node is left out.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly Dictionary<NodeId, Pump<ControlMessage>> _pumps = [];
    private readonly CancellationTokenSource _deactivated = new();
    private volatile IReadOnlyList<NodeSilo> _silos = [];
    private RunActor _actor = null!;
    private TaskScheduler _turns = TaskScheduler.Default;
    private IRunGrain _self = null!;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (this.GetPrimaryKeyString() != run.Plan.RunId)
        {
            throw new InvalidOperationException($"this silo takes part in run {run.Plan.RunId}, not in {this.GetPrimaryKeyString()}");
        }

        _self = this.AsReference<IRunGrain>();
        _turns = TaskScheduler.Current;
        _actor = new RunActor(run.Plan, this, run.Store);
        LogActivated(run.Plan.RunId, silo.SiloAddress.ToParsableString(), Environment.ProcessId);

        // A run lives as long as its nodes report; nothing is gained by taking it down between two of their calls.
        DelayDeactivation(TimeSpan.MaxValue);
        this.RegisterGrainTimer(OnTickAsync, new GrainTimerCreationOptions(Tick, Tick) { KeepAlive = true });
        _ = WatchSilosAsync();
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _deactivated.Cancel();
        foreach (var pump in _pumps.Values)
        {
            pump.Close();
        }

        _actor.Dispose();
        return Task.CompletedTask;
    }

    public Task<OfferAnswer> Offer(DeviceOffer offer) => Task.FromResult(_actor.OnOffer(offer));

    public Task Report(ControlBatch batch)
    {
        if (batch.Version != WireContract.Version)
        {
            throw new InvalidOperationException($"node {batch.Node} speaks version {batch.Version} of the wire contract, this silo {WireContract.Version}");
        }

        _actor.OnReport(new NodeId(batch.Node), batch.Silos.FirstOrDefault()?.Silo, batch.Messages.Select(FromWire.Map));
        GiveUpIfSuperseded();
        return Task.CompletedTask;
    }

    public Task NodeEnded(int node)
    {
        _actor.OnNodeEnded(new NodeId(node));
        GiveUpIfSuperseded();
        return Task.CompletedTask;
    }

    public Task NodeExited(NodeExit exit)
    {
        _actor.OnNodeExited(new NodeId(exit.Node), exit.Kind, exit.Cause);
        GiveUpIfSuperseded();
        return Task.CompletedTask;
    }

    public Task Stop(string reason)
    {
        _actor.OnStop(reason);
        return Task.CompletedTask;
    }

    public Task<RunProgress> Progress() => Task.FromResult(new RunProgress(
        _actor.Step,
        run.Plan.Spec.Steps,
        _actor.View is { } view ? ToWire.Map(view) : null,
        _actor.WaitingFor,
        _actor.End is not null,
        silo.SiloAddress.ToParsableString(),
        Environment.ProcessId,
        _actor.Silos));

    void IRunOutput.Send(NodeId to, ControlMessage message)
    {
        if (!_pumps.TryGetValue(to, out var pump))
        {
            var worker = GrainFactory.GetGrain<IWorkerGrain>(RunKeys.Node(run.Plan.RunId, to.Value));
            _pumps[to] = pump = new Pump<ControlMessage>(batch => DeliverAsync(worker, to, batch), Patience);
        }

        // The pump's calls run beside this grain's turns: they read a copy.
        _silos = _actor.Silos;
        pump.Post(message);
    }

    void IRunOutput.Start(NodeId node, Seat seat) => _ = StartAsync(node, seat);

    void IRunOutput.Post(Action action) => _ = Task.Factory.StartNew(
        () =>
        {
            action();
            GiveUpIfSuperseded();
        },
        _deactivated.Token,
        TaskCreationOptions.None,
        _turns);

    void IRunOutput.Note(string text) => LogNote(run.Plan.RunId, text);

    private async Task StartAsync(NodeId node, Seat seat)
    {
        var worker = GrainFactory.GetGrain<IWorkerGrain>(RunKeys.Node(run.Plan.RunId, node.Value));
        RequestContext.Set(IPlacementDirector.PlacementHintKey, SiloAddress.FromParsableString(seat.Silo!));
        try
        {
            await worker.Start(new WorkerSeat(WireContract.Version, node.Value, seat.Slot, seat.Child));
        }
        catch (Exception error) when (error is OrleansException or TimeoutException or InvalidOperationException)
        {
            // Its silo offers its device again, if it lives.
            LogNotStarted(run.Plan.RunId, node.Value, error.Message);
            await NodeEnded(node.Value);
        }
        finally
        {
            RequestContext.Remove(IPlacementDirector.PlacementHintKey);
        }
    }

    // Off the grain's scheduler: nothing of the actor is touched but through a call to this grain.
    private async Task<bool> DeliverAsync(IWorkerGrain worker, NodeId to, IReadOnlyList<ControlMessage> batch)
    {
        var silos = _silos;
        if (silos.FirstOrDefault(silo => silo.Node == to.Value) is { } home)
        {
            // Where the node lives, in case its grain has to be activated again.
            RequestContext.Set(IPlacementDirector.PlacementHintKey, SiloAddress.FromParsableString(home.Silo));
        }

        if (await worker.Deliver(new ControlBatch(WireContract.Version, to.Value, [.. batch.Select(ToWire.Map)], batch.Any(message => message is AdoptView) ? silos : [])))
        {
            return true;
        }

        await _self.NodeEnded(to.Value);
        return false;
    }

    private Task OnTickAsync(CancellationToken cancellationToken)
    {
        _actor.OnTick();
        GiveUpIfSuperseded();
        return Task.CompletedTask;
    }

    private async Task WatchSilosAsync()
    {
        try
        {
            await foreach (var snapshot in membership.MembershipUpdates.WithCancellation(_deactivated.Token))
            {
                foreach (var dead in snapshot.Members.Values.Where(member => member.Status == SiloStatus.Dead))
                {
                    _actor.OnSiloDead(dead.SiloAddress.ToParsableString());
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Deactivated.
        }
    }

    // Two activations may live for a moment; the register decided which one goes on, and calls will find it.
    private void GiveUpIfSuperseded()
    {
        if (_actor.IsSuperseded)
        {
            DeactivateOnIdle();
        }
    }

    [LoggerMessage(1, LogLevel.Information, "run {Run}: coordinator is active on {Silo} in process {Process}")]
    private partial void LogActivated(string run, string silo, int process);

    [LoggerMessage(2, LogLevel.Information, "run {Run}: {Note}")]
    private partial void LogNote(string run, string note);

    [LoggerMessage(3, LogLevel.Warning, "run {Run}: node {Node} was not started: {Reason}")]
    private partial void LogNotStarted(string run, int node, string reason);
}
