using System.Text.Json;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Grains.Wire;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Telemetry;
using AtomGrains.Node.Workers;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Orleans.Runtime.Placement;

namespace AtomGrains.Grains.Runs;

/// <summary>
/// The shell of a <see cref="RunActor"/>: grain calls in, grain calls out, a timer, and the cluster's word on dead silos. A
/// run that is over or paused has no actor: its folder answers for it.
/// </summary>
public sealed partial class RunGrain(ISiloRuns runs, IClusterMembershipService membership, ILocalSiloDetails silo, ILogger<RunGrain> logger)
    : Grain, IRunGrain, IRunOutput
{
    // What ticks find is late by seconds: silence, a step that does not end, what others have written down. Each one is a turn, and
    // takes processor time from the step loops of its machine. Ends of nodes are told by calls.
    private static readonly TimeSpan LongestTick = TimeSpan.FromMilliseconds(100);

    // Beyond the time in which a grain lives again, and within that in which a lost node is left out.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    // Its nodes have yet to hear of it, and whoever reads its metrics: four times, if every 15 s.
    private static readonly TimeSpan AfterTheEnd = TimeSpan.FromMinutes(1);

    private readonly Dictionary<NodeId, Pump<ControlMessage>> _pumps = [];
    private readonly CancellationTokenSource _deactivated = new();
    private volatile IReadOnlyList<NodeSilo> _silos = [];
    private ISiloRun _run = null!;
    private RunActor? _actor;
    private RunMetrics? _metricsOfTheEnd;
    private IGrainTimer? _timer;
    private bool _isDown;
    private IGrainTimer? _metricsTimer;
    private TaskScheduler _turns = TaskScheduler.Default;
    private IRunGrain _self = null!;

    private string RunId => _run.Plan.RunId;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var id = this.GetPrimaryKeyString();
        _run = runs.Find(id) ?? throw new InvalidOperationException($"there is no run {id} here");
        _self = this.AsReference<IRunGrain>();
        _turns = TaskScheduler.Current;
        await BeginAsync();
        LogActivated(RunId, silo.SiloAddress.ToParsableString(), Environment.ProcessId);
        _ = WatchSilosAsync();
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _deactivated.Cancel();
        foreach (var pump in _pumps.Values)
        {
            pump.Close();
        }

        _actor?.Dispose();
        ForgetMetrics();
        return Task.CompletedTask;
    }

    public Task<OfferAnswer> Offer(DeviceOffer offer)
    {
        RefuseIfDown();
        try
        {
            return Task.FromResult(_actor?.OnOffer(offer) ?? new OfferAnswer(RunEnd.Read(_run.Plan.Folder) is not null, null));
        }
        catch (Exception error) when (_actor is { IsBroken: true })
        {
            StepDown(error);
            throw;
        }
    }

    public Task Report(ControlBatch batch)
    {
        WireContract.Check($"node {batch.Node}", batch.Version);
        if (_actor is not { } actor)
        {
            // It has not heard yet that nothing is wanted of it any more.
            _silos = batch.Silos;
            Output.Send(new NodeId(batch.Node), new Dismiss(new FileRegister(_run.Plan.Folder).Newest()?.Generation ?? Generation.None, DismissReason.NotNeeded));
            return Task.CompletedTask;
        }

        // Before the turn: what cannot be read is no matter of the coordinator's.
        ControlMessage[] messages = [.. batch.Messages.Select(FromWire.Map)];
        return TurnAsync(() => actor.OnReport(new NodeId(batch.Node), batch.Silos.FirstOrDefault()?.Silo, messages));
    }

    public Task NodeEnded(int node) => TurnAsync(() => _actor?.OnNodeEnded(new NodeId(node)));

    public Task NodeExited(NodeExit exit)
    {
        WireContract.Check($"the silo of node {exit.Node}", exit.Version);
        return TurnAsync(() =>
        {
            if (exit.FailedCheck is { } check)
            {
                _actor?.OnCheckFailed(new NodeId(exit.Node), exit.Slot, check, exit.Cause ?? "unknown");
            }
            else
            {
                _actor?.OnNodeExited(new NodeId(exit.Node), exit.Kind, exit.Cause, exit.SiloRests);
            }
        });
    }

    public Task Stop(string reason) => TurnAsync(() => _actor?.OnStop(reason));

    public async Task<RunAnswer> Order(RunOrder order)
    {
        // Another build may have been given to it meanwhile.
        _run = _actor is null ? runs.Find(RunId) ?? _run : _run;
        var end = RunEnd.Read(_run.Plan.Folder);
        var (wish, refused) = RunOrders.Apply(order, _run.Plan, RunWish.Read(_run.Plan.Folder), end);
        if (refused is null && order.Kind == RunOrderKind.ResumeInNewEnvironment && _actor is { HasNodes: true })
        {
            refused = $"run {RunId} has workers: pause it, and ask again once watch says that it is paused";
        }

        if (refused is not null)
        {
            return new RunAnswer([refused]);
        }

        wish.Write(_run.Plan.Folder);
        switch (order.Kind)
        {
            case RunOrderKind.Stop when _actor is null:
                RunOrders.StopAtRest(_run.Plan);
                break;
            case RunOrderKind.Stop:
                await TurnAsync(() => _actor.OnStop(RunOrders.StopReason));
                break;
            case RunOrderKind.Scale:
                await TurnAsync(() => _actor?.OnScale(order.Workers));
                break;
            case RunOrderKind.Pause:
                await TurnAsync(() => _actor?.OnPause());
                break;
            case RunOrderKind.ResumeInNewEnvironment:
                // The first half of it: whoever passed it on finds a silo with the build, and has the run resumed behind that.
                await TurnAsync(() => _actor?.OnRest());
                break;
            case RunOrderKind.Resume when _actor is null:
                if (end is not null)
                {
                    RunOrders.Reopen(_run.Plan);
                }

                await WholeAsync(BeginAsync);
                break;
            default:
                // On its way to rest: it goes on from there.
                break;
        }

        return _actor is { IsSuperseded: true } ? throw new OrleansException("another coordinator has the run: ask again") : new RunAnswer([]);
    }

    public async Task<RunProgress> Progress()
    {
        var rest = await ReadAtRestAsync();
        return new RunProgress(
            _actor?.Step ?? rest.Step,
            _run.Plan.Spec.Steps,
            _actor?.View is { } view ? ToWire.Map(view) : null,
            _actor?.WaitingFor,
            rest.End is not null,
            silo.SiloAddress.ToParsableString(),
            Environment.ProcessId,
            _actor?.Silos ?? [],
            rest.End?.Stopped,
            rest.IsPaused,
            _actor?.Loss ?? rest.Loss,
            rest.End?.Report.WeightsSha256);
    }

    // The volume may be slow, and away for a while: who asks how the run gets on asks again.
    private async Task<RunAtRest> ReadAtRestAsync()
    {
        try
        {
            return await Task.Run(() => RunAtRest.Read(_run.Plan));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException or JsonException)
        {
            throw new OrleansException($"the folder of run {RunId} cannot be read: {error.Message.ReplaceLineEndings(" ")}");
        }
    }

    private IRunOutput Output => this;

    void IRunOutput.Send(NodeId to, ControlMessage message)
    {
        if (!_pumps.TryGetValue(to, out var pump))
        {
            var worker = GrainFactory.GetGrain<IWorkerGrain>(RunKeys.Node(RunId, to.Value));
            _pumps[to] = pump = new Pump<ControlMessage>(batch => DeliverAsync(worker, to, batch), Patience, error => LogNotDelivered(RunId, to.Value, error));
        }

        // The pump's calls run beside this grain's turns: they read a copy.
        _silos = _actor?.Silos ?? _silos;
        pump.Post(message);
    }

    void IRunOutput.Start(NodeId node, Seat seat) => _ = StartAsync(node, seat);

    void IRunOutput.Post(Action action) => _ = Task.Factory.StartNew(
        () => TurnAsync(action),
        _deactivated.Token,
        TaskCreationOptions.None,
        _turns);

    string IRunOutput.Silo => silo.SiloAddress.ToParsableString();

    void IRunOutput.KillSilo() => Signals.Send(Environment.ProcessId, Signals.Kill);

    void IRunOutput.Note(string text) => LogNote(RunId, text);

    private async Task StartAsync(NodeId node, Seat seat)
    {
        var worker = GrainFactory.GetGrain<IWorkerGrain>(RunKeys.Node(RunId, node.Value));
        RequestContext.Set(IPlacementDirector.PlacementHintKey, SiloAddress.FromParsableString(seat.Silo!));
        try
        {
            await worker.Start(new WorkerSeat(WireContract.Version, node.Value, seat.Slot, seat.Child));
        }
        catch (Exception error)
        {
            // The edge of that silo, where files and sockets were to be opened too. It offers its device again, if it lives.
            LogNotStarted(RunId, node.Value, error.Message);
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

    // Core takes a pause between ticks for its own absence from half that timeout on.
    private static TimeSpan TickOf(HeartbeatOptions heartbeat) => heartbeat.MinimumTimeout / 10 is var often && often < LongestTick ? often : LongestTick;

    private Task OnTickAsync(CancellationToken cancellationToken) => TurnAsync(() => _actor?.OnTick());

    // Two activations may live for a moment, and both may get here: the register decides between them when they want a view.
    private async Task BeginAsync()
    {
        var plan = await Task.Run(() => RunAtRest.Begin(_run));
        if (plan is null)
        {
            return;
        }

        ForgetMetrics();
        _actor = new RunActor(plan, this, _run.Store);
        if (RunWish.Read(plan.Folder).IsPaused)
        {
            _actor.OnPause();
        }

        // A run lives as long as its nodes report; nothing is gained by taking it down between two of their calls.
        DelayDeactivation(TimeSpan.MaxValue);
        var tick = TickOf(plan.Settings.Heartbeat);
        _timer = this.RegisterGrainTimer(OnTickAsync, new GrainTimerCreationOptions(tick, tick) { KeepAlive = true });
    }

    private Task TurnAsync(Action turn) => WholeAsync(async () =>
    {
        turn();
        if (_actor is { IsSuperseded: true })
        {
            // The register decided which one goes on, and calls will find it.
            DeactivateOnIdle();
        }
        else if (_actor is { End: not null } or { IsAtRest: true })
        {
            _timer?.Dispose();
            _metricsOfTheEnd = _actor.Retire();
            _metricsTimer = this.RegisterGrainTimer(ForgetMetricsAsync, new GrainTimerCreationOptions(AfterTheEnd, Timeout.InfiniteTimeSpan));
            _actor = null;
            DelayDeactivation(AfterTheEnd);

            // It may have been resumed while it was on its way to rest.
            await BeginAsync();
        }
    });

    private async Task WholeAsync(Func<Task> turn)
    {
        RefuseIfDown();
        try
        {
            await turn();
        }
        catch (Exception error)
        {
            StepDown(error);
            throw;
        }
    }

    // A turn that was not carried out whole, most often for a volume that is full or away, leaves a coordinator that believes
    // what is not recorded. As after its death, the next one goes on from what is: whoever calls next has it activated.
    private void StepDown(Exception error)
    {
        _isDown = true;
        LogStepsDown(RunId, error);
        DeactivateOnIdle();
    }

    private void RefuseIfDown()
    {
        if (_isDown)
        {
            throw new OrleansException($"the coordinator of run {RunId} begins anew: ask again");
        }
    }

    private Task ForgetMetricsAsync(CancellationToken cancellationToken)
    {
        ForgetMetrics();
        return Task.CompletedTask;
    }

    private void ForgetMetrics()
    {
        _metricsTimer?.Dispose();
        _metricsOfTheEnd?.Dispose();
        _metricsOfTheEnd = null;
    }

    private async Task WatchSilosAsync()
    {
        try
        {
            await foreach (var snapshot in membership.MembershipUpdates.WithCancellation(_deactivated.Token))
            {
                foreach (var dead in snapshot.Members.Values.Where(member => member.Status == SiloStatus.Dead))
                {
                    await TurnAsync(() => _actor?.OnSiloDead(dead.SiloAddress.ToParsableString()));
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Deactivated.
        }
        catch (Exception) when (_isDown)
        {
            // It was said why. The next activation hears of every dead silo once more.
        }
    }

    [LoggerMessage(1, LogLevel.Information, "run {Run}: coordinator is active on {Silo} in process {Process}")]
    private partial void LogActivated(string run, string silo, int process);

    [LoggerMessage(2, LogLevel.Information, "run {Run}: {Note}")]
    private partial void LogNote(string run, string note);

    [LoggerMessage(3, LogLevel.Warning, "run {Run}: node {Node} was not started: {Reason}")]
    private partial void LogNotStarted(string run, int node, string reason);

    [LoggerMessage(4, LogLevel.Error, "run {Run}: its coordinator steps down")]
    private partial void LogStepsDown(string run, Exception error);

    [LoggerMessage(5, LogLevel.Warning, "run {Run}: node {Node} cannot be told; it is tried again")]
    private partial void LogNotDelivered(string run, int node, Exception error);
}
