using System.Net;
using System.Text.Json;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Options;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Coordination;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Core.Runs;
using AtomGrains.Node.Control;
using AtomGrains.Node.Storage;
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

    private static readonly TimeSpan LongestStarvation = TimeSpan.FromSeconds(15);

    // A process that dies before it is ready tells of a broken set-up; this many in a row end the run.
    private const int MostFailedStarts = 4;

    // Failures of the processes' own making in a row without a step done for the first time: a crash loop. A lane that
    // breaks every worker it comes to must not take the night; unrelated failures are not that close together.
    private const int MostFailuresInAStep = 4;

    private readonly SupervisorOptions _options;
    private readonly string _runId = Guid.NewGuid().ToString("N");
    private readonly RunSecret _secret = RunSecret.Create();
    private readonly ControlServer<LocalMessage> _server;
    private readonly EventQueue _events = new();
    private readonly Outbox _outbox = new();
    private readonly List<Recovery> _open = [];
    private readonly List<Recovery> _done = [];
    private readonly HashSet<int> _struck = [];
    private readonly IRunObserver _observer;
    private NodeTable _nodes = null!;
    private RunFolder _folder = null!;
    private RunSpec _spec = null!;
    private FileRegister _register = null!;
    private RunJournal _journal = null!;
    private Coordinator _coordinator = null!;
    private DateTimeOffset _nextStatus;
    private double _validationLoss = double.NaN;
    private string? _weights;
    private string? _stopped;
    private int _failedStarts;
    private int _failures;
    private long _furthest;
    private int _faults;
    private bool _ending;

    /// <summary>Listens at once, so that a taken port is known before anything is written.</summary>
    /// <exception cref="PortTakenException">The port is in use.</exception>
    public Supervisor(SupervisorOptions options, IRunObserver observer)
    {
        _options = options;
        _observer = observer;
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
        _journal = new RunJournal(folder.Path, _spec);
        var layout = new PartitionLayout(elements, _spec.BlockElements, _spec.Partitions);
        var taken = _register.Newest()?.Generation ?? Generation.None;
        var coordination = new CoordinatorOptions { Workers = _options.Workers, Spares = _options.Spares, Heartbeat = _options.Heartbeat };
        _coordinator = new Coordinator(_spec, layout, coordination, ProtocolRules.Safe, newest: null, taken);
        _nodes = new NodeTable(Assign, _options.NodeEnvironment, node => _events.Post(() => OnProcessEnded(node)));
        Directory.CreateDirectory(Path.Combine(folder.Path, "logs"));
        using var cancelled = cancellation.Register(() => _events.Post(() => Stop("it was asked to end")));
        if (taken > Generation.None)
        {
            _observer.OnNote($"an earlier attempt got to view {taken}, and no checkpoint is left of it: starting from the seeded beginning");
        }

        try
        {
            ScaleAt(0);
            KeepNodes();
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
            _journal.Dispose();
        }

        try
        {
            FinishRecoveries();
            WriteStatus();
            if (_stopped is null)
            {
                folder.Finish(DateTimeOffset.UtcNow);
            }
        }
        catch (IOException error)
        {
            _stopped ??= error.Message;
        }

        return new RunOutcome(Report(), _stopped);
    }

    public void Dispose() => _server.Dispose();

    void IControlEvents<LocalMessage>.OnConnected(int node)
    {
    }

    void IControlEvents<LocalMessage>.OnMessage(int node, LocalMessage message) => _events.Post(() => OnMessage(new NodeId(node), message));

    void IControlEvents<LocalMessage>.OnClosed(int node, CloseReason reason) => _events.Post(() => OnNodeEnded(new NodeId(node)));

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
                _coordinator.HandleMessage(from, control, Now, _outbox);
                CarryOut();
                if (control is LeaveRequested)
                {
                    KeepNodes();
                }

                break;
            case FaultStrikes strikes:
                _struck.Add(strikes.Order);
                node.Struck = (strikes.Order, strikes.At);
                _observer.OnNote($"fault {_options.Faults.Orders[strikes.Order]} strikes worker {node.Slot} (process {node.Pid})");
                break;
            case NodeFailed failed:
                node.Cause = failed.Cause;
                break;
            default:
                throw new InvalidOperationException($"{message.GetType().Name} is not for a supervisor");
        }
    }

    private void Note(NodeHandle node, ControlMessage control)
    {
        switch (control)
        {
            case NodeReady:
                node.IsReady = true;
                _failedStarts = 0;
                break;
            case Heartbeat heartbeat:
                node.Counters = heartbeat.Counters;
                break;
            case StepTimed timed:
                _journal.Timed(timed);
                break;
            case LeaveRequested when !node.Leaves:
                node.Leaves = true;
                Ledger("exit", "node", WhoIs(node), _coordinator.Step, new RecoverySeconds(0, 0, 0, 0, 0), OrderOf(node));
                break;
            default:
                break;
        }
    }

    // The connection of a dead process closes within milliseconds; its exit code comes a little later.
    private void OnNodeEnded(NodeId node)
    {
        if (!_ending)
        {
            _coordinator.OnNodeEnded(node, Now, _outbox);
            CarryOut();
        }
    }

    private void OnProcessEnded(NodeHandle node)
    {
        node.ExitCode = node.Process.ExitCode;
        node.Process.Dispose();
        OnNodeEnded(node.Id);
        if (FaultNames.IsOwnFailure(node.ExitCode) && node.IsReady && !_ending && ++_failures >= MostFailuresInAStep)
        {
            Stop($"{_failures} worker processes failed at step {_coordinator.Step}, the last with {node.Cause ?? $"exit code {node.ExitCode}"}; see {LogOf(node)}");
            return;
        }

        if (!node.IsReady && !_ending && ++_failedStarts >= MostFailedStarts)
        {
            Stop($"{_failedStarts} worker processes in a row ended before they were ready, the last with exit code {node.ExitCode}; see {LogOf(node)}");
            return;
        }

        KeepNodes();
    }

    private void OnTick()
    {
        VouchForStarved();
        _coordinator.OnTick(Now, _outbox);
        CarryOut();
        CloseRecoveries();
        if (DateTimeOffset.UtcNow >= _nextStatus)
        {
            _nextStatus = DateTimeOffset.UtcNow + StatusEvery;
            _nodes.SampleMemory();
            WriteStatus();
        }
    }

    // On a machine with more to do than cores, a living process can be silent for long: the system tells it from a
    // stopped one. Silence beyond any starvation is judged all the same.
    private void VouchForStarved()
    {
        var now = DateTimeOffset.UtcNow;
        foreach (var node in _nodes.Running.Where(node => node.IsReady))
        {
            var silence = now - node.LastHeard;
            if (silence > _options.Heartbeat.MinimumTimeout / 2 && silence < LongestStarvation && NodeTable.IsRunnable(node.Pid))
            {
                _coordinator.OnVouchedFor(node.Id, Now);
            }
        }
    }

    /// <summary>As many processes as are wanted; a lost worker's number goes to its replacement.</summary>
    private void KeepNodes()
    {
        if (_ending)
        {
            return;
        }

        var slots = _nodes.Running.Where(node => !node.Leaves && _coordinator.Counts(node.Id)).Select(node => node.Slot).ToHashSet();
        for (var slot = 0; slot < _coordinator.TargetWorkers + _options.Spares; slot++)
        {
            if (!slots.Contains(slot))
            {
                _nodes.Start(slot);
            }
        }
    }

    private NodeAssignment Assign(NodeId id, int slot) => new()
    {
        Node = id.Value,
        Slot = slot,
        RunId = _runId,
        RunFolder = _folder.Path,
        Supervisor = _server.Endpoint.ToString(),
        Listen = _options.Listen.ToString(),
        Secret = _secret.ToHex(),
        Device = _options.Device,
        OrphanGrace = _options.OrphanGrace,
        Faults = [.. _options.Faults.Orders
            .Select((order, number) => new NumberedFault(number, order))
            .Where(fault => fault.Order.Worker == slot && !_struck.Contains(fault.Number))
            .Where(fault => fault.Order.Point != ProtocolPoint.Join || _coordinator.Step >= fault.Order.Step)],
    };

    private void CarryOut() => _outbox.Drain(CarryOut);

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
                break;
            case RecordView record:
                Record(record.View);
                break;
            case StepDecided decided:
                OnDecided(decided);
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
                _open.ForEach(recovery => recovery.StepsRedone = back.StepsLost);
                _observer.OnNote($"no copy of {string.Join(", ", back.Lost)} is left: starting again from the seeded beginning; {back.StepsLost} committed steps will be computed again");
                break;
            case Waiting { For: { } what }:
                _observer.OnNote($"waiting for {what}");
                break;
            case Waiting or MemberReady:
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
        foreach (var recovery in _open)
        {
            recovery.ViewRecorded(DateTimeOffset.UtcNow);
        }

        if (created)
        {
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
        var isFull = view.Partitions.All(placement => placement.Backup is not null) || (view.Workers.Count == 1 && _coordinator.TargetWorkers == 1);
        _open.ForEach(recovery => recovery.ViewInstalled(view.Generation.Value, isFull, now));
        WakeReplaced(view);
    }

    // A paused worker of stop+wake goes on once its replacement has joined.
    private void WakeReplaced(View view)
    {
        foreach (var node in _nodes.Running.Where(node => node.Struck is { } struck && _options.Faults.Orders[struck.Order].Kind == FaultKind.StopAndWake))
        {
            if (!view.IsMember(node.Id) && view.Members.Any(member => member.Slot == node.Slot))
            {
                node.Struck = null;
                _observer.OnNote($"worker {node.Slot}'s first process {node.Pid} wakes up after its replacement has joined");
                Signals.Send(node.Pid, Signals.Continue);
            }
        }
    }

    private void OnDecided(StepDecided decided)
    {
        var now = DateTimeOffset.UtcNow;
        if (decided.Decision.Step >= _furthest)
        {
            _furthest = decided.Decision.Step + 1;
            _failures = 0;
        }

        _journal.Decided(decided.Decision, decided.Generation, now);
        _open.ForEach(recovery => recovery.StepDecided(decided.Decision.Step, now));
        _observer.OnStep(decided.Decision, decided.Generation, _coordinator.View?.Workers.Count ?? 0, _journal.TokensPerSecond);
        ScaleAt(decided.Decision.Step + 1);
    }

    private void ScaleAt(long step)
    {
        foreach (var (order, number) in _options.Faults.Orders.Select((order, number) => (order, number)))
        {
            if (order.Kind == FaultKind.Scale && order.Step <= step && _struck.Add(number))
            {
                _observer.OnNote($"fault {order} strikes");
                Ledger("scale", "supervisor", $"to {order.Workers} workers", step, new RecoverySeconds(0, 0, 0, 0, 0));
                _coordinator.OnScale(order.Workers!.Value, Now, _outbox);
                KeepNodes();
            }
        }
    }

    private void OnLost(MemberLost lost)
    {
        if (_ending || _nodes.Find(lost.Node) is not { } node)
        {
            return;
        }

        var now = DateTimeOffset.UtcNow;
        var since = node.Struck?.At ?? node.LastHeard;
        _open.Add(new Recovery(node.Id, node.Slot, lost.Step, lost.Generation.Value, now, _nodes.Counters.LanesRecomputed)
        {
            Kind = node.Struck is { } struck ? FaultNames.Of(_options.Faults.Orders[struck.Order].Kind) : lost.Cause switch
            {
                LossCause.Silent => "stop",
                LossCause.Hung => "hang",
                _ => null,
            },
            Order = OrderOf(node),
            Detect = Math.Max(0, (now - since).TotalSeconds),
        });
        var state = lost.Cause switch
        {
            LossCause.Silent => "is silent",
            LossCause.Hung => "does not get on",
            _ => "has ended",
        };
        _observer.OnNote($"worker {node.Slot} (process {node.Pid}) {state} at step {lost.Step}: its lanes move");
        KeepNodes();
    }

    private void CloseRecoveries()
    {
        foreach (var recovery in _open.Where(recovery => recovery.IsOver && (recovery.Kind is not null || _nodes.Find(recovery.Node)?.ExitCode is not null)).ToList())
        {
            Close(recovery);
        }
    }

    private void FinishRecoveries()
    {
        using var faults = _folder.OpenFaults();
        foreach (var recovery in _open.ToList())
        {
            _open.Remove(recovery);
            Settle(recovery, faults.Append);
        }
    }

    private void Close(Recovery recovery)
    {
        _open.Remove(recovery);
        Settle(recovery, _journal.Fault);
    }

    private void Settle(Recovery recovery, Action<FaultLine> append)
    {
        var node = _nodes.Find(recovery.Node);
        recovery.Kind ??= FaultNames.OfExit(node?.ExitCode);
        _done.Add(recovery);
        _faults++;
        var detail = recovery.Order is { } order && node?.Cause is { } cause ? $"{order}: {cause}" : recovery.Order ?? node?.Cause;
        var line = recovery.Line(_nodes.Counters.LanesRecomputed, detail);
        append(line);
        _observer.OnFault(line);
    }

    private static string WhoIs(NodeHandle node) => $"{node.Id} worker {node.Slot}";

    private string? OrderOf(NodeHandle node) => node.Struck is { } struck ? $"ordered {_options.Faults.Orders[struck.Order]}" : null;

    private void Ledger(string kind, string role, string who, long step, RecoverySeconds seconds, string? detail = null)
    {
        var generation = _coordinator.View?.Generation.Value ?? 0;
        _journal.Fault(new FaultLine
        {
            Ts = DateTimeOffset.UtcNow,
            Kind = kind,
            Role = role,
            Who = who,
            Step = step,
            GenerationBefore = generation,
            GenerationAfter = generation,
            StepsRedone = 0,
            LanesRedone = 0,
            Seconds = seconds,
            Detail = detail,
        });
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

    private void WriteStatus() => new RunStatus
    {
        Step = _coordinator.Step,
        Loss = _journal.LastLoss,
        Generation = _coordinator.View?.Generation.Value ?? 0,
        Processes = [Self, .. _nodes.Running.Select(StatusOf)],
    }.Write(_folder.Path);

    private static ProcessStatus Self => new(Environment.ProcessId, "supervisor", null, [], [], "running");

    private ProcessStatus StatusOf(NodeHandle node)
    {
        var view = _coordinator.View;
        var isMember = view?.IsMember(node.Id) ?? false;
        var lanes = isMember ? view!.LanesOf(node.Id).ToList() : [];
        var state = _coordinator.StandingOf(node.Id) switch
        {
            NodeStanding.Silent or NodeStanding.Fenced => "paused",
            NodeStanding.Gone => "leaving",
            null => "starting",
            _ when node.Leaves => "leaving",
            _ when !isMember => "joining",
            _ when lanes.Count == 0 => "spare",
            _ => "running",
        };
        return new ProcessStatus(node.Pid, "node", node.Slot, lanes, isMember ? [.. view!.ReplicasOn(node.Id).Select(id => id.Value)] : [], state);
    }

    private RunReport Report()
    {
        var counters = _nodes.Counters;
        return new RunReport
        {
            StepsCommitted = _journal.Committed,
            StepsSkipped = _journal.Skipped,
            TrainLossLast = _journal.LastLoss,
            ValLoss = MetricsLine.FiniteOrNull(_validationLoss),
            WeightsSha256 = _weights,
            WorkersStarted = _nodes.Started,
            Faults = _faults,
            Recoveries = [.. _done.Select(recovery => new RecoveryReport(recovery.Kind!, recovery.Step, recovery.Seconds))],
            LanesRecomputed = counters.LanesRecomputed,
            DuplicatePushesRejected = counters.DuplicatePushesRejected,
            StaleGenerationRejected = counters.StaleGenerationRejected,
            TokensPerSecond = _journal.TokensPerSecond,
            PeakRssBytes = new Dictionary<string, long>
            {
                ["supervisor"] = NodeTable.PeakRss(Environment.ProcessId),
                ["node"] = _nodes.PeakRssBytes,
            },
        };
    }

    private string LogOf(NodeHandle node) => Path.Combine(_folder.Path, "logs", $"node-{node.Id.Value}.log");
}
