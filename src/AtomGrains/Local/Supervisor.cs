using System.Net;
using System.Text.Json;
using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Options;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Coordination;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Core.Runs;
using AtomGrains.Local.Devices;
using AtomGrains.Node.Checkpoints;
using AtomGrains.Node.Control;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Storage.Checkpoints;
using AtomGrains.Node.Transport;
using AtomGrains.Node.Workers;

namespace AtomGrains.Local;

/// <summary>
/// The local host: one thread runs Core's coordinator over node processes of this machine. It decides nothing about
/// training: it starts as many processes as are wanted, hands events in and carries effects out.
/// </summary>
public sealed class Supervisor : IControlEvents<LocalMessage>, IDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan StatusEvery = TimeSpan.FromMilliseconds(500);

    // A millisecond as a rule, and more on a machine with much else to do; only for who is not dead is it all waited for.
    private static readonly TimeSpan ExitFollowsWithin = TimeSpan.FromMilliseconds(250);

    private readonly SupervisorOptions _options;
    private readonly string _runId;
    private readonly RunSecret _secret;
    private readonly ControlServer<LocalMessage> _server;
    private readonly EventQueue _events = new();
    private readonly Outbox _outbox = new();
    private readonly CrashLoop _crashes = new();
    private readonly IRunObserver _observer;
    private readonly LiveMetrics? _metrics;
    private OrderedFaults _faults = null!;
    private SupervisorRoll _roll = null!;
    private NodeTable _nodes = null!;
    private NodeKeeper _keeper = null!;
    private DeviceWatch _devices = null!;
    private RunFolder _folder = null!;
    private RunSpec _spec = null!;
    private FileRegister _register = null!;
    private RunJournal _journal = null!;
    private FaultLedger _ledger = null!;
    private Coordinator _coordinator = null!;
    private CheckpointDesk _checkpoints = null!;
    private DateTimeOffset _nextStatus;
    private double _validationLoss = double.NaN;
    private string? _weights;
    private string? _stopped;
    private bool _ending;
    private bool _givenUp;

    /// <summary>Listens at once, so that a taken port is known before anything is written.</summary>
    /// <param name="metrics">Told of the run; the caller disposes it.</param>
    /// <exception cref="PortTakenException">The port is in use.</exception>
    internal Supervisor(SupervisorOptions options, IRunObserver observer, LiveMetrics? metrics)
    {
        _options = options;
        _observer = observer;
        _metrics = metrics;
        _runId = options.Predecessor?.RunId ?? Guid.NewGuid().ToString("N");
        _secret = options.Predecessor is { } left ? RunSecret.FromHex(left.Secret) : RunSecret.Create();
        var identity = new TransportIdentity(_runId, NodeProcess.SupervisorNode, _secret);
        var control = new ControlOptions { Listen = new IPEndPoint(options.Listen, options.Port) };
        _server = new ControlServer<LocalMessage>(identity, control, LocalJson.Contract, new TransportCounters(), this);
    }

    /// <summary>Runs the folder's run to its end, or until it is cancelled or cannot go on.</summary>
    /// <param name="elements">Length of the flat parameter vector.</param>
    public RunOutcome Run(RunFolder folder, int elements, CancellationToken cancellation)
    {
        _folder = folder;
        _spec = folder.Record.Spec;
        _register = folder.OpenRegister();
        using var journal = _journal = new RunJournal(folder.Path, _spec, _options.Roots);
        Array.ForEach([.. journal.Torn], _observer.OnNote);
        _ledger = new FaultLedger(folder.Path, journal, () => _nodes.LanesRecomputed);
        _faults = new OrderedFaults(_options.Faults, folder.Path);
        var scaled = _faults.Recall();
        _roll = new SupervisorRoll(folder.Path);
        var inheritance = Inheritance.Of(folder.Path, _register);
        var layout = new PartitionLayout(elements, _spec.BlockElements, _spec.Partitions);
        var coordination = new CoordinatorOptions
        {
            Workers = scaled ?? _options.Workers,
            Spares = _options.Spares,
            Replicas = _options.Replicas,
            Heartbeat = _options.Heartbeat,
            MaximumSkipsInRow = _options.MaximumSkips,
            HandOverAfter = _options.Grace / 6,
            AuditShare = _options.AuditLanes,
            OnWrongBits = _options.OnWrongBits,
            Checkpoints = _options.Checkpoints.Cadence,
        };
        var store = new CheckpointStore(ObjectStores.Open(_options.Checkpoints.StoreFor(folder.Path)));
        var origin = inheritance.View is null && inheritance.Taken > Generation.None
            ? Restored.Origin(folder, _options.Checkpoints, elements, inheritance.Taken, _observer, led => journal.Led(led, inheritance.Taken, DateTimeOffset.UtcNow))
            : null;
        _coordinator = new Coordinator(_spec, layout, coordination, ProtocolRules.Safe, inheritance.View, inheritance.Taken, origin, inheritance.Deaths);
        using var checkpoints = _checkpoints = new CheckpointDesk(
            CheckpointKeeperOptions.For(folder.Path, folder.Record.BitsClass, elements, _options.Checkpoints.Keep), store, _register, _coordinator, _outbox, () => Now, action => _events.Post(() => Do(action)), _observer.OnNote);
        var first = new NodeId(Math.Max(_ledger.NewestLost?.Value ?? 0, inheritance.NewestNode) + 1);
        _nodes = new NodeTable(inheritance.Roll, first, Assign, _options.NodeEnvironment, node => _events.Post(() => OnProcessEnded(node)));
        _devices = new DeviceWatch(
            _options, _observer, _events.Post, (kind, slot, what) => _ledger.DeviceNoted(kind, slot, _options.DeviceOf(slot), what, _coordinator.Step, Generation), OnQuarantined);
        (inheritance.View?.Quarantined ?? []).ToList().ForEach(quarantine => _devices.RecallCondemned(quarantine.Slot));
        _keeper = new NodeKeeper(_nodes, _coordinator, _options, _observer, _devices.Places, OnNotStarted);
        _metrics?.Begin(_spec, Now);
        Directory.CreateDirectory(Path.Combine(folder.Path, "logs"));
        Directory.CreateDirectory(Path.Combine(folder.Path, LaneMark.FolderName));
        using var cancelled = cancellation.Register(() => _events.Post(() => Stop("it was asked to end")));
        try
        {
            TakeOver(inheritance);
            ScaleAt(0);
            KeepNodes();
            new SupervisorPost(_runId, _server.Endpoint.ToString(), _secret.ToHex()).Write(folder.Path);
            _events.Run(Tick, OnTick);
        }
        catch (IOException error)
        {
            // No space left, most often. What could not be written is not known to anybody, so nothing was promised.
            Stop(error.Message);
        }
        finally
        {
            _nodes.SampleMemory();
            _nodes.KillAll();
        }

        try
        {
            journal.Complete();
            Tell(_ledger.CloseAll());
            WriteStatus();
            SupervisorPost.Remove(folder.Path);
            _roll.End();
            if (_stopped is null)
            {
                folder.Finish(DateTimeOffset.UtcNow);
            }
        }
        catch (IOException error)
        {
            _stopped ??= error.Message;
        }

        _metrics?.End(_coordinator, _nodes, _ledger, _stopped is not null && !cancellation.IsCancellationRequested, Now);
        return new RunOutcome(Report(), _stopped, _faults.NotStruck);
    }

    public void Dispose() => _server.Dispose();

    private void Do(Action action)
    {
        if (!_ending)
        {
            action();
            CarryOut();
        }
    }

    private void TakeOver(Inheritance inheritance)
    {
        foreach (var number in _roll.Lost)
        {
            _ledger.SupervisorLost(number, _journal.NextStep, inheritance.Taken, _faults.StrikeOf(number), inheritance.LastSign);
        }

        var handles = inheritance.Nodes.Select(entry =>
        {
            var node = _nodes.Adopt(entry);
            node.Strike = _faults.StrikeOf(node.Id);
            node.IsReady = inheritance.View?.IsMember(node.Id) ?? false;
            return node;
        }).ToList();
        if (inheritance.View is { } view)
        {
            _observer.OnNote($"takes over {view.Generation} and its nodes, of which {handles.Count(node => node.IsAlive)} live");
            _journal.Begins(DateTimeOffset.UtcNow);
            _checkpoints.AskAge(age => _metrics?.CheckpointInherited(age, Now));
        }

        handles.FindAll(node => !node.IsAlive).ForEach(OnProcessEnded);
    }

    void IControlEvents<LocalMessage>.OnConnected(int node)
    {
    }

    void IControlEvents<LocalMessage>.OnMessage(int node, LocalMessage message) => _events.Post(() => OnMessage(new NodeId(node), message));

    void IControlEvents<LocalMessage>.OnClosed(int node, CloseReason reason) => _events.Post(() => OnConnectionClosed(new NodeId(node)));

    private Generation Generation => _coordinator.View?.Generation ?? Generation.None;

    private static TimeSpan Now => TimeSpan.FromMilliseconds(Environment.TickCount64);

    private void OnMessage(NodeId from, LocalMessage message)
    {
        if (_nodes.Find(from) is not { } node)
        {
            return;
        }

        node.LastHeard = DateTimeOffset.UtcNow;
        switch (message)
        {
            case ProtocolMessage { Message: var control }:
                Note(node, control);
                Reached(control);
                _coordinator.HandleMessage(from, control, Now, _outbox);
                CarryOut();
                if (control is LeaveRequested)
                {
                    KeepNodes();
                }

                break;
            case FaultStrikes strikes:
                node.Strike = _faults.Strikes(strikes.Order, strikes.At);
                _observer.OnNote($"fault {node.Strike.Order} strikes worker {node.Slot} (process {node.Pid})");
                break;
            case NodeFailed failed:
                node.Cause = failed.Cause;
                break;
            case LinkLost:
                // Every node is a child of this process, which sees the end of each by itself.
                break;
            default:
                throw new InvalidOperationException($"{message.GetType().Name} is not for a supervisor");
        }
    }

    private void Note(NodeHandle node, ControlMessage control)
    {
        if (_checkpoints.Note(control) is { } stored)
        {
            _metrics?.Stored(stored);
        }

        _metrics?.Said(node, control);
        switch (control)
        {
            case NodeReady:
                node.IsReady = true;
                _crashes.Ready();
                break;
            case Heartbeat heartbeat:
                node.Count(heartbeat.Counters);
                break;
            case StepTimed timed:
                _journal.Timed(timed);
                break;
            case LeaveRequested when !node.Leaves:
                node.Leaves = true;
                _ledger.Leaves(node.Id, node.Slot, _coordinator.Step, Generation, node.Strike);
                break;
            default:
                break;
        }
    }

    // The connection of a dead process closes within milliseconds; its exit code comes a little later. It is worth that
    // time: nobody shall be given a lane that has just ended a worker before the coordinator knows that it has.
    private void OnConnectionClosed(NodeId id)
    {
        if (_nodes.Find(id) is { HasEnded: false } node && node.EndsWithin(ExitFollowsWithin))
        {
            OnProcessEnded(node);
        }
        else
        {
            OnNodeEnded(id, null);
        }
    }

    private void OnNodeEnded(NodeId node, NodeDeath? death)
    {
        if (!_ending)
        {
            _coordinator.OnNodeEnded(node, Now, _outbox, death);
            CarryOut();
        }
    }

    private void OnProcessEnded(NodeHandle node)
    {
        if (node.HasEnded)
        {
            return;
        }

        node.End();
        var death = Autopsy.Of(node, LaneMark.PathOf(_folder.Path, node.Id.Value), _spec);
        _devices.Ended(node);
        OnNodeEnded(node.Id, death);
        if (!node.IsReady && FaultNames.HasLeft(node.ExitCode))
        {
            // A notice that came before it had anything to hand over, or a way to say so.
            _ledger.Leaves(node.Id, node.Slot, _coordinator.Step, Generation, node.Strike);
        }

        _ledger.Ended(node.Id, FaultNames.OfExit(node.ExitCode), node.Cause);
        if (!_ending && _crashes.Ended(node, _coordinator.Step, LogOf(node)) is { } reason)
        {
            GiveUp(reason);
        }

        _devices.GiveUp(node.Slot);
        KeepNodes();
    }

    private void OnNotStarted(string why)
    {
        _observer.OnNote($"a worker process could not be started: {why}");
        if (_crashes.NotStarted(why) is { } reason)
        {
            GiveUp(reason);
        }
    }

    // The run goes on with those that are left.
    private void OnQuarantined(int slot, string why)
    {
        if (_keeper.Usable == 0)
        {
            GiveUp($"every device is quarantined; the {_options.DeviceOf(slot)} of worker {slot} had {why}");
        }
        else if (_keeper.Usable < _coordinator.TargetWorkers)
        {
            _coordinator.OnScale(_keeper.Usable, Now, _outbox);
            CarryOut();
        }
    }

    private void OnTick()
    {
        _nodes.LookForAdopted();
        _keeper.VouchForStarved(Now);
        _coordinator.OnTick(Now, _outbox);
        CarryOut();
        _metrics?.Observe(_coordinator, _nodes, _ledger, _options.Spares, _devices.Quarantined.Count, Now);
        Tell(_ledger.CloseWhatIsOver());
        _devices.Check();
        KeepNodes();
        if (DateTimeOffset.UtcNow >= _nextStatus)
        {
            _nextStatus = DateTimeOffset.UtcNow + StatusEvery;
            _nodes.SampleMemory();
            WriteStatus();
        }
    }

    // It stops with a checkpoint of where it stands, as far as those that live can give one.
    private void GiveUp(string reason)
    {
        _givenUp = true;
        _coordinator.OnGivenUp(reason, Now, _outbox);
        CarryOut();
    }

    private void KeepNodes()
    {
        if (!_ending && !_givenUp)
        {
            _keeper.Keep();
        }
    }

    private NodeAssignment Assign(NodeId id, int slot) => new()
    {
        Node = id.Value,
        Slot = slot,
        RunId = _runId,
        RunFolder = _folder.Path,
        Store = _options.Checkpoints.StoreFor(_folder.Path),
        Struck = _faults.Register,
        Listen = _options.Listen.ToString(),
        Secret = _secret.ToHex(),
        Roots = _options.Roots,
        Limits = _options.Limits,
        Device = _options.DeviceOf(slot),
        OrphanGrace = _options.OrphanGrace,
        LaneMark = LaneMark.PathOf(_folder.Path, id.Value),
        Grace = _options.Grace,
        Faults = _faults.For(slot, _coordinator.Step),
    };

    private void CarryOut()
    {
        _outbox.Drain(CarryOut);
        if (_coordinator.IsInstalled)
        {
            Reached(_coordinator.Step, null);
        }
    }

    private void CarryOut(Effect effect)
    {
        switch (effect)
        {
            case SendToNode { Message: ControlMessage message } send:
                if (message is Dismiss && _nodes.Find(send.To) is { } dismissed)
                {
                    dismissed.Leaves = true;
                }

                _server.Send(send.To.Value, new ProtocolMessage(message));
                if (message is Decide told)
                {
                    Reached(told.Decision.Step, ProtocolPoint.Apply);
                }

                break;
            case RecordView record:
                Record(record.View);
                break;
            case StepDecided decided:
                OnDecided(decided);
                break;
            case VersionProven proven:
                _journal.Proven(proven);
                break;
            case ReplicasDiffered differed:
                _ledger.Differed(differed, _coordinator.Step);
                _observer.OnNote(differed.InWords);
                break;
            case WrongBitsFound found:
                OnWrongBits(found);
                break;
            case AuditsNotPossible:
                _observer.OnNote(AuditsNotPossible.InWords);
                break;
            case DecisionRecalled recalled:
                _journal.Decided(recalled.Decision, recalled.Generation, DateTimeOffset.UtcNow);
                break;
            case Evaluated evaluated:
                _validationLoss = evaluated.Loss;
                _observer.OnEvaluated(evaluated.Version, evaluated.Loss);
                break;
            case ViewInstalled installed:
                OnInstalled(installed.View);
                break;
            case MemberLost lost:
                OnLost(lost);
                break;
            case RolledBack back:
                _ledger.RolledBack(back.StepsLost);
                _metrics?.RolledBack(back.StepsLost);
                _observer.OnNote(back.InWords);
                break;
            case Waiting { For: { } what }:
                _observer.OnNote($"waiting for {what}");
                break;
            case Waiting or MemberReady:
                break;
            case WriteManifest manifest:
                _journal.CompleteBefore(manifest.Manifest.Step);
                _checkpoints.CarryOut(manifest);
                break;
            case CheckpointCompleted:
                _checkpoints.CarryOut(effect);
                _metrics?.CheckpointCompleted(Now);
                break;
            case FindCheckpoint:
                _checkpoints.CarryOut(effect);
                break;
            case RunFinished finished:
                _weights = finished.WeightsSha256;
                _validationLoss = finished.ValidationLoss;
                End();
                break;
            case RunStopped stopped:
                Stop(stopped.Reason);
                break;
            case Superseded superseded:
                Stop($"another supervisor has recorded view {superseded.Generation} in this run folder");
                break;
            default:
                throw new InvalidOperationException($"{effect.GetType().Name} is not a coordinator's effect");
        }
    }

    private void Record(View view)
    {
        var created = _register.TryCreate(view.Generation, JsonSerializer.SerializeToUtf8Bytes(view, LocalJson.Default.View));
        if (created)
        {
            _ledger.ViewRecorded(DateTimeOffset.UtcNow);
            Reached(_coordinator.Step, ProtocolPoint.Join);
            _coordinator.OnViewRecorded(view.Generation, Now, _outbox);
        }
        else
        {
            _coordinator.OnRecordRefused(view.Generation, _outbox);
        }
    }

    private void OnInstalled(View view)
    {
        var now = DateTimeOffset.UtcNow;
        _journal.Begins(now);
        _metrics?.Installed(view);
        _ledger.ViewInstalled(view, _coordinator.TargetWorkers, now);
        _keeper.WakeReplaced(view);
    }

    private void OnDecided(StepDecided decided)
    {
        var now = DateTimeOffset.UtcNow;
        _crashes.Decided(decided.Decision.Step);
        _ledger.Skipped(decided);
        _journal.Decided(decided.Decision, decided.Generation, now);
        Reached(decided.Decision.Step, ProtocolPoint.Decide);
        _ledger.StepDecided(decided.Decision.Step, now);
        _metrics?.Decided(decided.Decision, _journal.LastSeconds, Now);
        _observer.OnStep(decided.Decision, decided.Generation, _coordinator.View?.Workers.Count ?? 0, _journal.TokensPerSecond);
        ScaleAt(decided.Decision.Step + 1);
    }

    // Where an ordered fault strikes this very process: a decision is on its way to its first node at the most.
    private void Reached(ControlMessage control)
    {
        switch (control)
        {
            case Heartbeat when _coordinator.IsInstalled:
                Reached(_coordinator.Step, ProtocolPoint.Compute);
                break;
            case StepTimed timed:
                Reached(timed.Step, ProtocolPoint.Push);
                break;
            case Sealed seals:
                Reached(seals.Seals[0].Step, ProtocolPoint.Seal);
                break;
            default:
                break;
        }
    }

    private void Reached(long step, ProtocolPoint? point)
    {
        if (_faults.StrikesSupervisor(_roll.Number, step, point))
        {
            Signals.Send(Environment.ProcessId, Signals.Kill);
        }
    }

    private void ScaleAt(long step)
    {
        foreach (var order in _faults.ScalesAt(step))
        {
            _observer.OnNote($"fault {order} strikes");
            _ledger.Scaled(order.Workers!.Value, step, Generation);
            _coordinator.OnScale(order.Workers.Value, Now, _outbox);
            KeepNodes();
        }
    }

    private void OnLost(MemberLost lost)
    {
        if (_ending || _nodes.Find(lost.Node) is not { } node)
        {
            return;
        }

        _ledger.Lost(lost, lost.Step, new LostNode(node.Slot, node.LastHeard, node.Strike, node.Cause));
        var state = lost.Cause switch
        {
            LossCause.Silent => "is silent",
            LossCause.Hung => "does not get on",
            LossCause.WrongBits => "is not trusted any more",
            _ => "has ended",
        };
        _observer.OnNote($"worker {node.Slot} (process {node.Pid}) {state} at step {lost.Step}: its lanes move");
        KeepNodes();
    }

    // Whoever was started on the device meanwhile computes no better.
    private void OnWrongBits(WrongBitsFound found)
    {
        _ledger.WrongBits(found);
        _observer.OnNote($"worker {found.Slot} computes wrong bits: {found.InWords(_spec)}");
        _devices.Condemn(found.Slot, $"wrong bits at step {found.Step}");
        foreach (var node in _nodes.Running.Where(node => node.Slot == found.Slot && node.Id != found.Node))
        {
            Signals.Send(node.Pid, Signals.Kill);
        }
    }

    private void Tell(IReadOnlyList<FaultLine> closed)
    {
        foreach (var line in closed)
        {
            _observer.OnFault(line);
            _metrics?.Recovered(line);
        }
    }

    private void Stop(string reason)
    {
        if (!_ending)
        {
            _stopped = reason;
            End();
        }
    }

    private void End()
    {
        _ending = true;
        _events.Close();
    }

    private void WriteStatus() => LiveStatus.Of(_coordinator, _nodes, _journal.LastLoss, _devices.Quarantined, _metrics?.Url).Write(_folder.Path);

    private RunReport Report() => RunReport.Of(_journal, _ledger, _nodes.Counters, _nodes.Started, _weights, _validationLoss, _coordinator.Audits) with
    {
        PeakRssBytes = new Dictionary<string, long>
        {
            ["supervisor"] = NodeTable.PeakRss(Environment.ProcessId),
            ["node"] = _nodes.PeakRssBytes,
        },
    };

    private string LogOf(NodeHandle node) => Path.Combine(_folder.Path, "logs", $"node-{node.Id.Value}.log");
}
