using System.Globalization;
using System.Text.Json;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Options;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Coordination;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Grains.Wire;
using AtomGrains.Grains.Workers;
using AtomGrains.Node.Checkpoints;
using AtomGrains.Node.Control;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Storage.Checkpoints;
using AtomGrains.Node.Telemetry;

namespace AtomGrains.Grains.Runs;

/// <summary>
/// One activation's coordinator: events in, effects out, on one thread at a time. A turn is whole before it returns: the
/// register's record is written inside it, so nothing comes between what is recorded and what is said.
/// </summary>
internal sealed partial class RunActor : IDisposable
{
    private readonly RunPlan _plan;
    private readonly IRunOutput _output;
    private readonly FileRegister _register;
    private readonly ViewRecorder _views;
    private readonly NodeNumbers _numbers;
    private readonly StruckFaults _struck;
    private readonly NodeDeaths _deaths;
    private readonly FailedDevices _failedDevices;
    private readonly RunJournal _journal;
    private readonly FaultLedger _ledger;
    private readonly Coordinator _coordinator;
    private readonly CheckpointDesk _checkpoints;
    private readonly RunMetrics _metrics;
    private readonly Outbox _outbox = new();
    private readonly Dictionary<NodeId, Seat> _seats = [];
    private readonly Dictionary<NodeId, NodeCounters> _counters = [];
    private readonly Dictionary<NodeId, DateTimeOffset> _heard = [];
    private readonly HashSet<NodeId> _leaving = [];
    private Generation _newest;
    private double _validationLoss = double.NaN;
    private long _controlMessages;
    private View? _unrecorded;
    private string? _coreWaitsFor;
    private string? _toldToWaitFor;

    public RunActor(RunPlan plan, IRunOutput output, CheckpointStore store)
    {
        _plan = plan;
        _output = output;
        _register = new FileRegister(plan.Folder);
        _numbers = new NodeNumbers(plan.Folder);
        _struck = new StruckFaults(plan.Folder);
        _deaths = new NodeDeaths(plan.Folder);
        _failedDevices = new FailedDevices(plan.Folder, plan.Before, plan.DeviceFailures);
        _journal = new RunJournal(plan.Folder, plan.Spec, plan.Roots, HasSuccessor);
        Array.ForEach([.. _journal.Torn], _output.Note);
        _ledger = new FaultLedger(plan.Folder, _journal, () => Counters.LanesRecomputed);
        var newest = _register.Newest();
        _newest = newest?.Generation ?? plan.Before;
        var isOurs = newest is { } found && found.Generation > plan.Before;
        var last = newest is { } kept ? JsonSerializer.Deserialize(kept.Record, LocalJson.Default.View) : null;
        var view = isOurs ? last : null;
        var options = new CoordinatorOptions
        {
            Workers = plan.Workers,
            Spares = plan.Spares,
            Replicas = plan.Replicas,
            Heartbeat = plan.Heartbeat,
            Checkpoints = plan.Checkpoints,
            MaximumSkipsInRow = plan.MaximumSkips,
            HandOverAfter = plan.Grace / 6,
            AuditShare = plan.AuditLanes,
            OnWrongBits = plan.OnWrongBits,
        };
        var layout = new PartitionLayout(plan.Elements, plan.Spec.BlockElements, plan.Spec.Partitions);
        _coordinator = new Coordinator(plan.Spec, layout, options, ProtocolRules.Safe, view, newest?.Generation ?? Generation.None, view is null ? plan.Origin : null, view is null && last is not null ? last.Deaths : []);
        _checkpoints = new CheckpointDesk(
            CheckpointKeeperOptions.For(plan.Folder, plan.BitsClass, plan.Elements, plan.Keep), store, _register, _coordinator, _outbox, () => Now, Do, output.Note);
        End = RunEnd.Read(plan.Folder);

        // Behind all that may fail: nobody would take its series away again.
        _metrics = new RunMetrics(plan.Spec.GlobalBatch, plan.Spec.Model.Context, Now, plan.RunId, plan.RunId);
        _views = new ViewRecorder(_register);
        if (view is not null)
        {
            _isTakingOver = true;
            _output.Note($"takes over view {view.Generation} of {view.Members.Length} nodes");
            RecallSeats(view);
            _journal.Begins(DateTimeOffset.UtcNow);
            _checkpoints.AskAge(age => _metrics.CheckpointInherited(age, Now));
        }

        Scale();
    }

    /// <summary>How the run ended; null while it goes on.</summary>
    public RunEnd? End { get; private set; }

    /// <summary>The run is paused: nothing of it lives any more, or is dismissed when it speaks.</summary>
    public bool IsAtRest { get; private set; }

    /// <summary>Another coordinator has taken a generation: this one is over, the run is not.</summary>
    public bool IsSuperseded { get; private set; }

    /// <summary>
    /// An effect could not be carried out: what this coordinator believes is not what is recorded. Another one has to go on
    /// from there.
    /// </summary>
    public bool IsBroken { get; private set; }

    /// <summary>In words; null while nothing is waited for.</summary>
    public string? WaitingFor { get; private set; }

    public long Step => _coordinator.Step;

    public View? View => _coordinator.View;

    /// <summary>Of the newest step, nats a token; null before the first, or when it is not finite.</summary>
    public double? Loss => _journal.LastLoss;

    private bool IsDone => End is not null || IsAtRest;

    private static TimeSpan Now => TimeSpan.FromMilliseconds(Environment.TickCount64);

    private IEnumerable<KeyValuePair<NodeId, Seat>> Living => _seats.Where(seat => _coordinator.Counts(seat.Key));

    private NodeCounters Counters => _counters.Values.Aggregate(new NodeCounters(), (sum, node) => sum.Plus(node));

    /// <summary>Where nodes live, as far as it is known.</summary>
    public IReadOnlyList<NodeSilo> Silos => [.. _seats.Where(seat => seat.Value.Silo is not null).Select(seat => new NodeSilo(seat.Key.Value, seat.Value.Silo!))];

    public OfferAnswer OnOffer(DeviceOffer offer)
    {
        if (IsDone)
        {
            return new OfferAnswer(End is not null, null);
        }

        if (_plan.RefusalOf(offer.Program) is { } reason)
        {
            return new OfferAnswer(false, reason);
        }

        if (SiloDevices.KindOf(offer.Device) != _plan.Spec.DeviceKind)
        {
            return new OfferAnswer(false, $"the run computes on {_plan.Spec.DeviceKind}, this silo offers {offer.Device}");
        }

        if (IsQuarantined(offer.Ordinal))
        {
            // The silo may stay: what else it hosts, calls and grains, is not computed on that device.
            return new OfferAnswer(false, null);
        }

        var here = Living.FirstOrDefault(seat => seat.Value.Silo == offer.Silo && seat.Value.Child == offer.Child);
        if (here.Value is { } seat && offer.Over != here.Key.Value)
        {
            if (!seat.IsTaken)
            {
                // It has a node there but no life yet: the call that was to begin it may be lost.
                _output.Start(here.Key, seat);
            }

            // An offer may be older than the node that lives there now.
            return new OfferAnswer(false, null, IsTaken: true);
        }

        if (here.Value is not null)
        {
            // The node that lived there is over, and its id has one life.
            OnNodeEnded(here.Key);
        }

        var taken = Living.Select(seat => seat.Value.Slot).ToHashSet();
        if (SlotChooser.Choose(offer.Ordinal, taken, _coordinator.TargetWorkers + _plan.Spares) is { } slot)
        {
            var node = _numbers.Take(offer.Silo, offer.Child, offer.Ordinal);
            _seats[node] = new Seat(slot, offer.Silo, Now, offer.Child);
            _output.Note($"{node} becomes worker {slot} on {offer.Silo}");
            _output.Start(node, _seats[node]);
            return new OfferAnswer(false, null, IsTaken: true);
        }

        return new OfferAnswer(false, null);
    }

    public void OnReport(NodeId from, string? silo, IEnumerable<ControlMessage> messages)
    {
        if (IsDone)
        {
            // It has not heard it yet.
            Dismiss(from);
            return;
        }

        foreach (var message in messages)
        {
            _controlMessages++;
            Note(from, silo, message);
            _coordinator.HandleMessage(from, message, Now, _outbox);
            CarryOut();
        }
    }

    public void OnNodeEnded(NodeId node)
    {
        if (IsDone)
        {
            // Nodes that have done their work end, too.
            return;
        }

        if (_seats.TryGetValue(node, out var seat) && !seat.IsTaken)
        {
            _seats.Remove(node);
        }

        _coordinator.OnNodeEnded(node, Now, _outbox);
        CarryOut();
    }

    /// <summary>The process of a node has ended, seen by the silo that had started it.</summary>
    /// <param name="siloRests">Why that silo offers the run nothing for a while; null while it does.</param>
    public void OnNodeExited(NodeId node, string kind, string? cause, string? siloRests = null)
    {
        var slot = SlotOf(node);
        OnNodeEnded(node);
        _ledger.Ended(node, kind, cause, StrikeOf(node));
        if (ProcessEnd.IsOfDevice(kind) && _numbers.OrdinalOf(node) is { } ordinal && _failedDevices.Add(node, ordinal))
        {
            var why = $"{_plan.DeviceFailures} failures, the last: {cause ?? "unknown"}";
            _output.Note($"the {_plan.Spec.DeviceKind} of worker {slot} is quarantined after {why}");
            _ledger.DeviceNoted(FaultLedger.QuarantineKind, slot, _plan.Spec.DeviceKind, why, _coordinator.Step, View?.Generation ?? Generation.None);
        }

        if (siloRests is not null && !IsDone)
        {
            OnSiloRests(_numbers.SiloOf(node), siloRests);
        }
    }

    /// <summary>Another number of workers is wanted.</summary>
    public void OnScale(int workers)
    {
        if (!IsDone && workers != _coordinator.TargetWorkers)
        {
            _coordinator.OnScale(workers, Now, _outbox);
            CarryOut();
            _ledger.Scaled(workers, _coordinator.Step, View?.Generation ?? Generation.None);
        }
    }

    /// <summary>A silo was declared dead, and with it all that lived there.</summary>
    public void OnSiloDead(string silo)
    {
        foreach (var (node, _) in _seats.Where(seat => seat.Value.Silo == silo).ToList())
        {
            OnNodeEnded(node);
            _ledger.Ended(node, FaultLedger.UnknownEnd, null);
        }
    }

    public void OnTick()
    {
        TryRecord();
        _coordinator.OnTick(Now, _outbox);
        CarryOut();
        RestIfAllLeave();
        GiveUpIfAsked();
        foreach (var (node, death) in _deaths.News())
        {
            _coordinator.OnNodeEnded(node, Now, _outbox, death);
            CarryOut();
        }

        if (!IsDone)
        {
            SayWhatIsWaitedFor();
        }

        Observe();
    }

    public void Dispose()
    {
        Close();
        _metrics.Dispose();
    }

    /// <summary>Ends, but for the meter, which the caller disposes: whoever looks at it now and then has yet to see how the run ended.</summary>
    public RunMetrics Retire()
    {
        Observe();
        Close();
        return _metrics;
    }

    private void Close()
    {
        _checkpoints.Dispose();
        _journal.Dispose();
    }

    // Back from the store's thread, as a turn like any other.
    private void Do(Action action) => _output.Post(() =>
    {
        if (!IsDone && !IsSuperseded)
        {
            action();
            CarryOut();
        }
    });

    private void Observe()
    {
        foreach (var (kind, role) in _ledger.TakeKnown())
        {
            _metrics.Fault(kind, role);
        }

        foreach (var line in _ledger.CloseWhatIsOver())
        {
            _metrics.Recovered(line.Seconds.ByPhase());
        }

        if (IsDone)
        {
            var isStopped = End?.Stopped is { } reason && !reason.StartsWith(RunOrders.StopReason, StringComparison.Ordinal);
            _metrics.Observe(RunGauges.AtRest(View?.Generation.Value ?? 0, Counters, _coordinator.Audits, isStopped), held: 0, Now);
            return;
        }

        var held = _seats.Count(seat => _coordinator.StandingOf(seat.Key) == NodeStanding.Alive);
        var gauges = new RunGauges(View?.Workers.Count ?? 0, held, View?.Generation.Value ?? 0, Counters, _coordinator.CheckpointAge, _coordinator.Audits)
        {
            WorkersWanted = _coordinator.TargetWorkers,
            SparesWanted = _plan.Spares,
            DevicesMissing = Math.Max(0, _coordinator.TargetWorkers + _plan.Spares - Living.Count()),
            DevicesQuarantined = _coordinator.Quarantined.Count + _failedDevices.Quarantined,
        };
        _metrics.Observe(gauges, held, Now);
    }

    // Workers without a device come first: what Core waits for follows from them.
    private void SayWhatIsWaitedFor()
    {
        var (wanted, placed) = (_coordinator.TargetWorkers + _plan.Spares, Living.Count());
        var what = _views.Trouble is { } trouble ? $"the register, which cannot be written: {trouble}"
            : placed < wanted ? $"devices: {placed} of {wanted}"
            : _coreWaitsFor;
        if (what != WaitingFor)
        {
            _output.Note(what is null ? "going on" : $"waiting for {what}");
        }

        WaitsFor(what);
    }

    private void WaitsFor(string? what)
    {
        WaitingFor = what;
        if (what != _toldToWaitFor && TryTell(RunNote.Waiting, what))
        {
            _toldToWaitFor = what;
        }
    }

    // A word on the run decides nothing: where it cannot be written, it is none of the run's concern.
    private bool TryTell(RunNote note, string? text)
    {
        try
        {
            note.Write(_plan.Folder, text);
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    // Nodes of the predecessor's view may have died with their silo before they could say a word to this coordinator.
    private void RecallSeats(View view)
    {
        foreach (var (node, seat) in _numbers.Recall(view.Members, Now))
        {
            _seats[node] = seat with { IsTaken = true };
        }
    }

    private void Note(NodeId from, string? silo, ControlMessage message)
    {
        if (_checkpoints.Note(message) is { } stored)
        {
            _metrics.Stored(stored);
        }

        switch (message)
        {
            case NodeReady ready:
                _seats[from] = (_seats.GetValueOrDefault(from) ?? RecalledSeat(from, ready) ?? new Seat(ready.Slot, silo, Now)) with { IsTaken = true };
                break;
            case Heartbeat heartbeat:
                _counters[from] = heartbeat.Counters;
                break;
            case StepTimed timed:
                _journal.Timed(timed);
                _metrics.Timed(timed);
                break;
            case LeaveRequested when _coordinator.StandingOf(from) is not null && _leaving.Add(from):
                _metrics.LeaveNoticed();
                _ledger.Leaves(from, SlotOf(from), _coordinator.Step, View?.Generation ?? Generation.None, StrikeOf(from));
                break;
            default:
                break;
        }

        _heard[from] = DateTimeOffset.UtcNow;
    }

    private void CarryOut()
    {
        try
        {
            _outbox.Drain(CarryOut);
        }
        catch
        {
            // What was to come behind it is gone with it.
            IsBroken = true;
            throw;
        }

        if (_journal.IsOver && !IsSuperseded)
        {
            IsSuperseded = true;
            _output.Note("another coordinator writes the run's files: this one stops");
        }
    }

    // Woken after its silo was taken for dead, it may have a step to decide before it next wants a view.
    private bool HasSuccessor() => _register.Newest()?.Generation > _newest;

    private void CarryOut(Effect effect)
    {
        switch (effect)
        {
            case SendToNode { Message: ControlMessage message } send:
                _controlMessages++;
                _output.Send(send.To, message);
                break;
            case RecordView record:
                _unrecorded = record.View;
                TryRecord();
                break;
            case StepDecided decided:
                var now = DateTimeOffset.UtcNow;
                _ledger.Skipped(decided);
                _journal.Decided(decided.Decision, decided.Generation, now);
                _ledger.StepDecided(decided.Decision.Step, now);
                _metrics.Decided(decided.Decision, _journal.LastSeconds.ByPhase(), Now);
                Scale(decided.Decision.Step + 1);
                break;
            case VersionProven proven:
                _journal.Proven(proven);
                break;
            case ReplicasDiffered differed:
                _ledger.Differed(differed, _coordinator.Step);
                _output.Note(differed.InWords);
                break;
            case WrongBitsFound found:
                _ledger.WrongBits(found);
                _output.Note($"worker {found.Slot} computes wrong bits: {found.InWords(_plan.Spec)}");
                break;
            case AuditsNotPossible:
                _output.Note(AuditsNotPossible.InWords);
                break;
            case DecisionRecalled recalled:
                _journal.Decided(recalled.Decision, recalled.Generation, DateTimeOffset.UtcNow);
                break;
            case Evaluated evaluated:
                _validationLoss = evaluated.Loss;
                break;
            case ViewInstalled installed:
                _isTakingOver = false;
                _journal.Begins(DateTimeOffset.UtcNow);
                _ledger.ViewInstalled(installed.View, _coordinator.TargetWorkers, DateTimeOffset.UtcNow);
                _metrics.ViewInstalled(installed.View.Workers.Count);
                break;
            case MemberLost lost:
                _output.Note($"{lost.Node} is lost at step {lost.Step}: {lost.Cause}");
                OnLost(lost);
                break;
            case RolledBack back:
                _ledger.RolledBack(back.StepsLost);
                _metrics.RolledBack(back.StepsLost);
                _output.Note(back.InWords);
                break;
            case Waiting waiting:
                _coreWaitsFor = waiting.For;
                break;
            case WriteManifest manifest:
                _journal.CompleteBefore(manifest.Manifest.Step);
                _checkpoints.CarryOut(manifest);
                break;
            case FindCheckpoint:
                _checkpoints.CarryOut(effect);
                break;
            case CheckpointCompleted completed:
                _checkpoints.CarryOut(effect);
                _metrics.CheckpointCompleted(Now);
                TryTell(RunNote.Checkpoint, completed.Manifest.Step.ToString(CultureInfo.InvariantCulture));
                break;
            case MemberReady:
                break;
            case RunFinished finished:
                _validationLoss = finished.ValidationLoss;
                Finish(finished.WeightsSha256, null);
                break;
            case RunStopped stopped:
                StopOrRest(stopped.Reason);
                break;
            case Superseded superseded:
                IsSuperseded = true;
                _output.Note($"another coordinator has taken {superseded.Generation}: this one stops");
                break;
            default:
                throw new InvalidOperationException($"{effect.GetType().Name} is not a coordinator's effect");
        }
    }

    private void OnLost(MemberLost lost)
    {
        var heard = _heard.GetValueOrDefault(lost.Node, DateTimeOffset.UtcNow);

        // How a child ended is going to be said by its silo; how a silo did, nobody here sees.
        var kindOfEnd = _seats.GetValueOrDefault(lost.Node)?.Child is null ? FaultLedger.UnknownEnd : null;
        _ledger.Lost(lost, _coordinator.IsInstalled ? lost.Step : _journal.NextStep, new LostNode(SlotOf(lost.Node), heard, StrikeOf(lost.Node)), kindOfEnd);
    }

    private Seat? RecalledSeat(NodeId node, NodeReady ready) =>
        _numbers.Recall([new Member(node, ready.Slot, ready.Address, ready.Host)], Now).Select(entry => entry.Seat).FirstOrDefault();

    private int SlotOf(NodeId node) =>
        _seats.GetValueOrDefault(node)?.Slot ?? View?.Members.FirstOrDefault(member => member.Node == node)?.Slot ?? 0;

    private OrderedStrike? StrikeOf(NodeId node) =>
        _struck.Of(node) is { } struck ? new OrderedStrike(_plan.Faults.Orders[struck.Order], struck.At) : null;

    // A device is known by its place in the set of silos, which it has again when its silo is started again.
    private bool IsQuarantined(int ordinal) => _failedDevices.IsQuarantined(ordinal) || _coordinator.Quarantined.Any(quarantine => _numbers.OrdinalOf(quarantine.Node) == ordinal);

    // What was decided waits for the record, and is said behind it: the register is asked until it answers.
    private void TryRecord()
    {
        if (_unrecorded is not { } view || _views.TryTake(view, Now) is not { } isOurs)
        {
            return;
        }

        _unrecorded = null;
        if (isOurs)
        {
            _newest = view.Generation;
            _ledger.ViewRecorded(DateTimeOffset.UtcNow);
            _coordinator.OnViewRecorded(view.Generation, Now, _outbox);
        }
        else
        {
            _coordinator.OnRecordRefused(view.Generation, _outbox);
        }
    }

    private void Scale(long step = 0)
    {
        foreach (var (order, number) in _plan.Faults.Orders.Select((order, number) => (order, number)).Where(fault => fault.order.Kind == FaultKind.Scale))
        {
            // An activation that takes over has to know the newest target, so orders that have struck apply as well.
            if (_struck.Orders.Contains(number) ? step == 0 : order.Step <= step && _struck.TryStrike(number, default(NodeId), DateTimeOffset.UtcNow))
            {
                _coordinator.OnScale(order.Workers!.Value, Now, _outbox);
                if (step > 0)
                {
                    _ledger.Scaled(order.Workers.Value, step, View?.Generation ?? Generation.None);
                }
            }
        }

        CarryOut();
    }
}
