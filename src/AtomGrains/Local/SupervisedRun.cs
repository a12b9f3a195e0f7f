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
using AtomGrains.Node.Checkpoints;
using AtomGrains.Node.Control;
using AtomGrains.Node.Runs;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Storage.Checkpoints;
using AtomGrains.Node.Transport;
using AtomGrains.Node.Workers;

namespace AtomGrains.Local;

/// <summary>
/// A run on its supervisor's thread: the coordinator, its node processes and what is between them. It decides nothing about
/// training: it starts as many processes as are wanted, hands events in and carries effects out.
/// </summary>
internal sealed class SupervisedRun : IDisposable
{
    private static readonly TimeSpan StatusEvery = TimeSpan.FromMilliseconds(500);

    private readonly SupervisorOptions _options;
    private readonly TransportIdentity _identity;
    private readonly Action<NodeId, LocalMessage> _send;
    private readonly EventQueue _events;
    private readonly IRunObserver _observer;
    private readonly LiveMetrics? _metrics;
    private readonly string _folder;
    private readonly RunSpec _spec;
    private readonly RunJournal _journal;
    private readonly SupervisorRoll _roll;
    private readonly FileRegister _register;
    private readonly FaultLedger _ledger;
    private readonly Inheritance _inheritance;
    private readonly OrderedFaults _faults;
    private readonly OwnFaults _ownFaults;
    private readonly Coordinator _coordinator;
    private readonly LineageOrigin? _origin;
    private readonly Outbox _outbox = new();
    private readonly CheckpointDesk _checkpoints;
    private readonly RunDesk _desk;
    private readonly NodeCare _care;
    private readonly SmallHeap _heap = new();
    private DateTimeOffset _nextStatus;
    private string? _waits;
    private bool _ending;

    /// <param name="elements">Length of the flat parameter vector.</param>
    /// <param name="journal">The caller disposes it.</param>
    /// <param name="send">To a node, without waiting.</param>
    /// <param name="events">Of the thread on which everything here is called.</param>
    /// <exception cref="IOException">The store of checkpoints does not answer, or something cannot be written.</exception>
    public SupervisedRun(
        RunFolder folder, int elements, RunJournal journal, SupervisorRoll roll, SupervisorOptions options, TransportIdentity identity,
        Action<NodeId, LocalMessage> send, EventQueue events, IRunObserver observer, LiveMetrics? metrics)
    {
        (_options, _identity, _send, _events, _observer, _metrics) = (options, identity, send, events, observer, metrics);
        (_folder, _spec, _journal, _roll) = (folder.Path, folder.Record.Spec, journal, roll);
        _register = folder.OpenRegister();
        _ledger = new FaultLedger(_folder, journal, () => _care!.Table.LanesRecomputed);
        _faults = new OrderedFaults(options.Settings.Faults, _folder);
        var scaled = _faults.Recall();
        OrphanedNodes.AwaitEnds(_folder, Inheritance.Newest(_register), observer.OnNote);
        _inheritance = Inheritance.Of(_folder, _register);
        var origin = _inheritance.View is null && _inheritance.Taken > Generation.None
            ? Restored.Origin(folder, options.Settings.Checkpoints, elements, _inheritance.Taken, observer, led => journal.Led(led, _inheritance.Taken, DateTimeOffset.UtcNow))
            : null;
        var layout = new PartitionLayout(elements, _spec.BlockElements, _spec.Partitions);
        var coordination = (options.Settings with { Workers = scaled ?? options.Settings.Workers }).ToCoordinatorOptions();
        _coordinator = new Coordinator(_spec, layout, coordination, ProtocolRules.Safe, _inheritance.View, _inheritance.Taken, origin, _inheritance.Deaths,
            known: _inheritance.View is { } taken ? journal.NextStepIn(taken) : 0);
        _origin = origin;
        _ownFaults = new OwnFaults(_faults, roll.Number, _coordinator);
        var store = new CheckpointStore(ObjectStores.Open(options.Settings.Checkpoints.StoreFor(_folder)));
        _checkpoints = new CheckpointDesk(
            CheckpointKeeperOptions.For(_folder, folder.Record.BitsClass, elements, options.Settings.Checkpoints.Keep), store, _register, _coordinator, _outbox, () => Now, action => events.Post(() => Turn(_ => action())), observer.OnNote);
        _desk = new RunDesk(journal, _ledger, _checkpoints, _coordinator, metrics?.Begin(_spec, Now), options.Settings.Spares, () => Now, observer.OnNote);
        _care = new NodeCare(_folder, _spec, options, _coordinator, _ledger, _desk, _faults, new FailedDevices(_folder, roll.Attempt, options.Settings.DeviceFailures), _inheritance, Assign, events, observer, Turn);
    }

    /// <summary>Why it ended before its last step; null when it did not.</summary>
    public string? Stopped { get; private set; }

    /// <summary>Ordered faults whose place nobody came to.</summary>
    public IReadOnlyList<FaultOrder> NotStruck => _faults.NotStruck;

    private Generation Generation => _coordinator.View?.Generation ?? Generation.None;

    private static TimeSpan Now => TimeSpan.FromMilliseconds(Environment.TickCount64);

    /// <summary>Goes on from what predecessors have left, and starts the processes that are wanted.</summary>
    public void Begin()
    {
        TakeOver();
        ScaleAt(0);
        _care.Begin();
    }

    public void OnMessage(NodeId from, LocalMessage message)
    {
        if (_care.Table.Find(from) is not { } node)
        {
            return;
        }

        _care.OnHeard(node);
        switch (message)
        {
            case ProtocolMessage { Message: var control }:
                OnMessage(node, control);
                break;
            case FaultStrikes strikes:
                _care.OnStrikes(node, strikes);
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

    public void OnConnectionClosed(NodeId id) => _care.OnConnectionClosed(id);

    public void OnTick()
    {
        _care.OnTick();
        _coordinator.OnTick(Now, _outbox);
        CarryOut();
        Tell(_desk.Follow());
        _care.Observe();
        _care.Mend();
        if (DateTimeOffset.UtcNow >= _nextStatus)
        {
            _nextStatus = DateTimeOffset.UtcNow + StatusEvery;
            _care.Table.SampleMemory();
            WriteStatus();
        }

        _heap.OnTick();
    }

    /// <summary>Nothing else happens any more.</summary>
    public void Stop(string reason)
    {
        if (!_ending)
        {
            Stopped = reason;
            End();
        }
    }

    /// <summary>It ends with a checkpoint of where it stands, if there are to be any: no committed step is computed again.</summary>
    public void AskToEnd(string reason) => Turn(outbox => _coordinator.OnGivenUp(reason, Now, outbox));

    /// <summary>Ends the processes that are left.</summary>
    public void KillAll()
    {
        _care.Table.SampleMemory();
        _care.Table.KillAll();
    }

    /// <summary>Writes what is still waiting for its end.</summary>
    public void Complete()
    {
        Tell(_desk.Complete());
        WriteStatus();
    }

    /// <param name="isStopped">Before its last step, and nobody had asked for it.</param>
    public void ObserveAtRest(bool isStopped) => _desk.ObserveAtRest(_care.Table.Counters, isStopped);

    public RunReport Report() => _desk.Report(_care.Table.Counters, _care.Table.Started) with
    {
        PeakRssBytes = new Dictionary<string, long>
        {
            ["supervisor"] = NodeTable.PeakRss(Environment.ProcessId),
            ["node"] = _care.Table.PeakRssBytes,
        },
    };

    public void Dispose() => _checkpoints.Dispose();

    private NodeAssignment Assign(NodeId id, int slot) => new()
    {
        Node = id.Value,
        Slot = slot,
        RunId = _identity.RunId,
        RunFolder = _folder,
        Store = _options.Settings.Checkpoints.StoreFor(_folder),
        Struck = _faults.Register,
        Listen = _options.Listen.ToString(),
        Secret = _identity.Secret.ToHex(),
        Roots = _options.Settings.Roots,
        Limits = _options.Settings.Limits,
        Device = _options.DeviceOf(slot),
        OrphanGrace = _options.OrphanGrace,
        LaneMark = LaneMark.PathOf(_folder, id.Value),
        Grace = _options.Settings.Grace,
        Faults = _faults.For(slot, _coordinator.Step),
    };

    private void TakeOver()
    {
        foreach (var number in _roll.Lost)
        {
            _ledger.SupervisorLost(number, _journal.NextStep, _inheritance.Taken, _faults.StrikeOf(number), _inheritance.LastSign);
        }

        var handles = _care.Adopt(_inheritance);
        if (_inheritance.View is { } view)
        {
            _observer.OnNote($"takes over {view.Generation} and its nodes, of which {handles.Count(node => node.IsAlive)} live");
            _desk.TakesOver();
        }
        else if (_inheritance.Last is { } last)
        {
            _desk.GoesOn(last, _origin);
        }

        foreach (var node in handles.Where(node => !node.IsAlive).ToList())
        {
            _care.OnProcessEnded(node);
        }
    }

    private void OnMessage(NodeHandle node, ControlMessage message)
    {
        _desk.Heard(message);
        _care.Note(node, message);
        _ownFaults.Reached(message);
        _coordinator.HandleMessage(node.Id, message, Now, _outbox);
        CarryOut();
        if (message is LeaveRequested)
        {
            _care.Keep();
        }
    }

    private void Turn(Action<Outbox> turn)
    {
        if (!_ending)
        {
            turn(_outbox);
            CarryOut();
        }
    }

    private void CarryOut()
    {
        _outbox.Drain(CarryOut);
        if (_coordinator.IsInstalled)
        {
            _ownFaults.Reached(_coordinator.Step, null);
        }
    }

    private void CarryOut(Effect effect)
    {
        switch (effect)
        {
            case SendToNode { Message: ControlMessage message } send:
                Send(send.To, message);
                break;
            case RecordView record:
                Record(record.View);
                break;
            case MemberLost lost:
                _care.OnLost(lost);
                break;
            case Waiting waiting:
                _waits = waiting.For;
                if (_waits is { } what)
                {
                    _observer.OnNote($"waiting for {what}");
                }

                break;
            case RunStopped stopped:
                Stop(stopped.Reason);
                break;
            case Superseded superseded:
                Stop($"another supervisor has recorded view {superseded.Generation} in this run folder");
                break;
            default:
                _desk.CarryOut(effect);
                Follow(effect);
                break;
        }
    }

    // What is written down is told, and done about processes.
    private void Follow(Effect effect)
    {
        switch (effect)
        {
            case StepDecided decided:
                OnDecided(decided);
                break;
            case ViewInstalled installed:
                _care.OnInstalled(installed.View);
                break;
            case WrongBitsFound found:
                _care.OnWrongBits(found);
                break;
            case Evaluated evaluated:
                _observer.OnEvaluated(evaluated.Version, evaluated.Loss);
                break;
            case RunFinished:
                End();
                break;
            default:
                break;
        }
    }

    private void Send(NodeId to, ControlMessage message)
    {
        if (message is Dismiss && _care.Table.Find(to) is { } dismissed)
        {
            dismissed.Leaves = true;
        }

        _send(to, new ProtocolMessage(message));
        if (message is Decide told)
        {
            _ownFaults.Reached(told.Decision.Step, ProtocolPoint.Apply);
        }
    }

    private void Record(View view)
    {
        var created = _register.TryCreate(view.Generation, JsonSerializer.SerializeToUtf8Bytes(view, LocalJson.Default.View));
        if (created)
        {
            _ledger.ViewRecorded(DateTimeOffset.UtcNow);
            _ownFaults.Reached(_coordinator.Step, ProtocolPoint.Join);
            _coordinator.OnViewRecorded(view.Generation, Now, _outbox);
        }
        else
        {
            _coordinator.OnRecordRefused(view.Generation, _outbox);
        }
    }

    private void OnDecided(StepDecided decided)
    {
        _care.OnDecided(decided.Decision.Step);
        _ownFaults.Reached(decided.Decision.Step, ProtocolPoint.Decide);
        _observer.OnStep(decided.Decision, decided.Generation, _coordinator.View?.Workers.Count ?? 0, _journal.TokensPerSecond);
        ScaleAt(decided.Decision.Step + 1);
    }

    private void ScaleAt(long step)
    {
        foreach (var order in _faults.ScalesAt(step))
        {
            _observer.OnNote($"fault {order} strikes");
            _ledger.Scaled(order.Workers!.Value, step, Generation);
            _coordinator.OnScale(order.Workers.Value, Now, _outbox);
            _care.Keep();
        }
    }

    private void Tell(IReadOnlyList<FaultLine> closed)
    {
        foreach (var line in closed)
        {
            _observer.OnFault(line);
        }
    }

    private void End()
    {
        _ending = true;
        _care.Close();
        _events.Close();
    }

    private void WriteStatus() => LiveStatus.Of(_coordinator, _care.Table, _journal.LastLoss, _waits, _care.Quarantined, _metrics?.Url).Write(_folder);
}
