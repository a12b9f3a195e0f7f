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
using AtomGrains.Node.Checkpoints;
using AtomGrains.Node.Control;
using AtomGrains.Node.Runs;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Storage.Checkpoints;
using AtomGrains.Node.Telemetry;

namespace AtomGrains.Grains.Runs;

/// <summary>
/// One activation's coordinator: events in, effects out, on one thread at a time. A turn is whole before it returns: the
/// register's record is written inside it, so nothing comes between what is recorded and what is said.
/// </summary>
internal sealed class RunActor : IDisposable
{
    // Beyond what a silo waits for before it gives up a child that starves, and what a process that dies takes to be gone.
    private static readonly TimeSpan EndIsSaidWithin = TimeSpan.FromSeconds(20);

    private readonly RunPlan _plan;
    private readonly IRunOutput _output;
    private readonly FileRegister _register;
    private readonly ViewRecorder _views;
    private readonly StruckFaults _struck;
    private readonly NodeDeaths _deaths;
    private readonly SiloEnds? _ends;
    private readonly RunJournal _journal;
    private readonly FaultLedger _ledger;
    private readonly Coordinator _coordinator;
    private readonly CheckpointDesk _checkpoints;
    private readonly RunMetrics _metrics;
    private readonly RunDesk _desk;
    private readonly Seats _seats;
    private readonly KnownNodes _nodes;
    private readonly Offers _offers;
    private readonly RunEnding _ending;
    private readonly WaitedFor _waitedFor;
    private readonly Outbox _outbox = new();
    private Generation _newest;
    private long _controlMessages;
    private View? _unrecorded;
    private string? _coreWaitsFor;
    private bool _isTakingOver;

    public RunActor(RunPlan plan, IRunOutput output, CheckpointStore store)
    {
        _plan = plan;
        _output = output;
        _register = new FileRegister(plan.Folder);
        _struck = new StruckFaults(plan.Folder, plan.Settings.Faults);
        _deaths = new NodeDeaths(plan.Folder);
        _ends = plan.EndsAreSeen ? new SiloEnds(plan.Folder) : null;
        var (numbers, failedDevices) = (new NodeNumbers(plan.Folder), new FailedDevices(plan.Folder, $"after {plan.Before}", plan.Settings.DeviceFailures));
        _ending = new RunEnding(plan);
        _waitedFor = new WaitedFor(plan.Folder, output.Note);
        _journal = new RunJournal(plan.Folder, plan.Spec, plan.Settings.Roots, HasSuccessor);
        Array.ForEach([.. _journal.Torn], _output.Note);
        if (plan.Led is { } led && _journal.NextStep <= led.Step)
        {
            _journal.Led(led, plan.Before, DateTimeOffset.UtcNow);
        }

        _ledger = new FaultLedger(plan.Folder, _journal, () => _nodes!.Counters.LanesRecomputed, EndIsSaidWithin);
        var newest = _register.Newest();
        _newest = newest?.Generation ?? plan.Before;
        var isOurs = newest is { } found && found.Generation > plan.Before;
        var last = newest is { } kept ? JsonSerializer.Deserialize(kept.Record, LocalJson.Default.View) : null;
        var view = isOurs ? last : null;
        var layout = new PartitionLayout(plan.Elements, plan.Spec.BlockElements, plan.Spec.Partitions);
        _coordinator = new Coordinator(plan.Spec, layout, plan.Settings.ToCoordinatorOptions(), ProtocolRules.Safe, view, newest?.Generation ?? Generation.None, view is null ? plan.Origin : null, view is null && last is not null ? last.Deaths : [],
            known: view is null ? 0 : _journal.NextStepIn(view));
        _checkpoints = new CheckpointDesk(
            CheckpointKeeperOptions.For(plan.Folder, plan.BitsClass, plan.Elements, plan.Settings.Checkpoints.Keep), store, _register, _coordinator, _outbox, () => Now, Do, output.Note);
        End = RunEnd.Read(plan.Folder);

        // Behind all that may fail: nobody would take its series away again.
        _metrics = new RunMetrics(plan.Spec.GlobalBatch, plan.Spec.Model.Context, Now, plan.RunId, plan.RunId);
        _desk = new RunDesk(_journal, _ledger, _checkpoints, _coordinator, _metrics, plan.Settings.Spares, () => Now, output.Note);
        _seats = new Seats(numbers, _coordinator);
        _nodes = new KnownNodes(plan, _seats, failedDevices, _struck, _coordinator, _ledger, _desk, output.Note);
        _offers = new Offers(plan, _seats, _coordinator, output, _nodes.IsQuarantined, OnNodeEnded);
        _views = new ViewRecorder(_register);
        if (view is not null)
        {
            _isTakingOver = true;
            _output.Note($"takes over view {view.Generation} of {view.Members.Length} nodes");
            _seats.Recall(view, Now);
            _desk.TakesOver();
        }
        else if (last is not null && End is null)
        {
            _desk.GoesOn(last, plan.Origin);
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
    public string? WaitingFor => _waitedFor.What;

    public long Step => _coordinator.Step;

    public View? View => _coordinator.View;

    /// <summary>Of the newest step, nats a token; null before the first, or when it is not finite.</summary>
    public double? Loss => _journal.LastLoss;

    /// <summary>Something of it lives, or is starting.</summary>
    public bool HasNodes => _seats.Living.Any();

    private bool IsDone => End is not null || IsAtRest;

    private static TimeSpan Now => TimeSpan.FromMilliseconds(Environment.TickCount64);

    private Generation Generation => View?.Generation ?? Generation.None;

    // Another coordinator may have taken a later one by now: what is said and written here is not about its nodes.
    private Generation OwnGeneration => View?.Generation ?? _plan.Before;

    /// <summary>Where nodes live, as far as it is known.</summary>
    public IReadOnlyList<NodeSilo> Silos => _seats.Silos;

    public OfferAnswer OnOffer(DeviceOffer offer) => IsDone ? new OfferAnswer(End is not null, null) : _offers.Answer(offer, Now);

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
            _nodes.Note(from, silo, message, Now);
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

        _seats.Ended(node);
        _coordinator.OnNodeEnded(node, Now, _outbox);
        CarryOut();
    }

    /// <summary>The process of a node has ended, seen by the silo that had started it.</summary>
    /// <param name="siloRests">Why that silo offers the run nothing for a while; null while it does.</param>
    public void OnNodeExited(NodeId node, string kind, string? cause, string? siloRests = null)
    {
        var slot = _seats.SlotOf(node);
        OnNodeEnded(node);
        _nodes.OnExited(node, slot, kind, cause);
        if (siloRests is not null && !IsDone)
        {
            OnSiloRests(_seats.SiloOf(node), siloRests);
        }
    }

    /// <summary>The device of a node that is over has failed a check. Safe to repeat.</summary>
    /// <param name="slot">The worker's number while it lived.</param>
    /// <param name="check">Which one since.</param>
    public void OnCheckFailed(NodeId node, int slot, int check, string failure)
    {
        if (!IsDone)
        {
            _nodes.OnCheckFailed(node, slot, check, failure);
        }
    }

    /// <summary>Another number of workers is wanted.</summary>
    public void OnScale(int workers)
    {
        if (!IsDone && workers != _coordinator.TargetWorkers)
        {
            _coordinator.OnScale(workers, Now, _outbox);
            CarryOut();
            _ledger.Scaled(workers, _coordinator.Step, Generation);
        }
    }

    /// <summary>A silo was declared dead, and with it all that lived there.</summary>
    public void OnSiloDead(string silo)
    {
        foreach (var node in _seats.On(silo))
        {
            OnNodeEnded(node);
            _nodes.OnSiloDead(node);
        }
    }

    /// <summary>The run cannot go on, or is not to: it ends once there is a checkpoint of where it stands, if there can be one.</summary>
    public void OnStop(string reason)
    {
        if (!IsDone)
        {
            _ending.Stop(reason, Now);
            GiveUpIfAsked();
        }
    }

    /// <summary>
    /// Whoever started the silos gives the run up, and none of them lives: what is known of their ends is written down, and
    /// nothing is decided, since another attempt may go on from where the run stands.
    /// </summary>
    public void OnGivenUp()
    {
        foreach (var (name, end) in _ends?.News() ?? [])
        {
            if (end.Node is { } number && View?.IsMember(new NodeId(number)) is true && end.Kind != FaultLedger.CheckKind)
            {
                _nodes.OnLost(new MemberLost(new NodeId(number), LossCause.Ended, Step, Generation));
            }

            _nodes.OnSiloEnd(name, end);
        }

        _desk.Complete();
    }

    /// <summary>The run is to rest, once there is a checkpoint of where it stands.</summary>
    public void OnPause()
    {
        if (!IsDone)
        {
            _ending.Pause(Now);
            GiveUpIfAsked();
        }
    }

    /// <summary>The run is to rest now, where nothing of it lives: it goes on from its newest checkpoint.</summary>
    public void OnRest()
    {
        if (!IsDone && !HasNodes)
        {
            Rest("it rests: nothing of it lives");
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

        HearOfEnds();
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
        _desk.Follow();
        if (IsDone)
        {
            _desk.ObserveAtRest(_nodes.Counters, isStopped: End?.Stopped is { } reason && !reason.StartsWith(RunOrders.StopReason, StringComparison.Ordinal));
            return;
        }

        var held = _seats.Alive.Count;
        _desk.Observe(_nodes.Counters, ready: held, placed: _seats.Living.Count(), held, _nodes.Quarantined);
    }

    private void HearOfEnds()
    {
        foreach (var (name, end) in _ends?.News() ?? [])
        {
            if (end.Node is { } node && end.Kind != FaultLedger.CheckKind)
            {
                OnNodeEnded(new NodeId(node));
            }

            if (!IsDone)
            {
                _nodes.OnSiloEnd(name, end);
            }
        }
    }

    // Who was lost just now is lost to nobody any more, but the line can say of what.
    private void HearLastEnds()
    {
        foreach (var (name, end) in _ends?.News() ?? [])
        {
            _nodes.OnSiloEnd(name, end);
        }
    }

    // Workers without a device come first: what Core waits for follows from them.
    private void SayWhatIsWaitedFor()
    {
        var (wanted, placed) = (_coordinator.TargetWorkers + _plan.Settings.Spares, _seats.Living.Count());
        _waitedFor.Is(_views.Trouble is { } trouble ? $"the register, which cannot be written: {trouble}"
            : placed < wanted ? $"devices: {placed} of {wanted}{(_offers.Refused(Now) is { } refused ? $" ({refused})" : "")}"
            : _coreWaitsFor);
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
    private bool HasSuccessor() => _register.Generations() is [.., var last] && last > _newest;

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
            case MemberLost lost:
                _nodes.OnLost(lost);
                break;
            case Waiting waiting:
                _coreWaitsFor = waiting.For;
                break;
            case RunStopped stopped:
                StopOrRest(stopped.Reason);
                break;
            case Superseded superseded:
                IsSuperseded = true;
                _output.Note($"another coordinator has taken {superseded.Generation}: this one stops");
                break;
            default:
                _desk.CarryOut(effect);
                Follow(effect);
                break;
        }
    }

    // Beside what is written down.
    private void Follow(Effect effect)
    {
        switch (effect)
        {
            case StepDecided decided:
                Scale(decided.Decision.Step + 1);
                KillSilo(decided.Decision.Step + 1);
                break;
            case ViewInstalled:
                _isTakingOver = false;
                KillSilo(_coordinator.Step);
                break;
            case CheckpointCompleted completed:
                RunNote.Checkpoint.TryWrite(_plan.Folder, completed.Manifest.Step.ToString(CultureInfo.InvariantCulture));
                break;
            case RunFinished:
                Finish(stopped: null);
                break;
            default:
                break;
        }
    }

    // Whoever started the silos is gone, and they end within moments of one another: a view of that would only say that the
    // last of them goes back to a checkpoint, when what they leave is whole.
    private bool IsAbandoned
    {
        get
        {
            try
            {
                return _plan.EndsAreSeen && RunNote.Abandoned.Read(_plan.Folder) == _plan.RunId;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // The register is on the same volume, and is waited for.
                return false;
            }
        }
    }

    // What was decided waits for the record, and is said behind it: the register is asked until it answers.
    private void TryRecord()
    {
        if (_unrecorded is not { } view || IsAbandoned || _views.TryTake(view, Now) is not { } isOurs)
        {
            return;
        }

        _unrecorded = null;
        if (isOurs)
        {
            _newest = view.Generation;
            RunNote.Coordinator.TryWrite(_plan.Folder, string.Create(CultureInfo.InvariantCulture, $"{_output.Silo} {Environment.ProcessId}"));
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
        foreach (var (order, number) in _plan.Settings.Faults.Orders.Select((order, number) => (order, number)).Where(fault => fault.order.Kind == FaultKind.Scale))
        {
            // An activation that takes over has to know the newest target, so orders that have struck apply as well.
            if (_struck.Orders.Contains(number) ? step == 0 : order.Step <= step && _struck.TryStrike(number, default(NodeId), DateTimeOffset.UtcNow))
            {
                _coordinator.OnScale(order.Workers!.Value, Now, _outbox);
                if (step > 0)
                {
                    _ledger.Scaled(order.Workers.Value, step, Generation);
                }
            }
        }

        CarryOut();
    }

    // What strikes is on the disk before it does: no successor is struck by it again, and the ledger knows of whose end it is.
    private void KillSilo(long step)
    {
        foreach (var (order, number) in _plan.Settings.Faults.Orders.Select((order, number) => (order, number))
            .Where(fault => fault.order.Kind == FaultKind.KillCoordinator && fault.order.Step <= step))
        {
            var living = _seats.Living.Where(seat => seat.Value.Silo == _output.Silo).Select(seat => seat.Key).ToList();
            var who = living is [var node, ..] ? StruckFaults.NameOf(node) : "coordinator";
            if (_struck.TryStrike(number, who, DateTimeOffset.UtcNow))
            {
                _output.KillSilo();
            }
        }
    }

    private void RestIfAllLeave()
    {
        _ending.Follow(isDeserted: !IsDone && _nodes.AllLeave, isOneStarting: _seats.Living.Any(), Now);
    }

    private void OnSiloRests(string? silo, string reason)
    {
        _output.Note($"{silo} offers it nothing for a while: {reason}");
        _ending.SiloRests(reason, Step, livesElsewhere: _seats.Living.Any(seat => seat.Value.Silo != silo), Now);
        GiveUpIfAsked();
    }

    private void GiveUpIfAsked()
    {
        if (!IsDone && _ending.TakeDue(_isTakingOver, Now) is { } reason)
        {
            _coordinator.OnGivenUp(reason, Now, _outbox);
            CarryOut();
        }
    }

    private void StopOrRest(string reason)
    {
        var (isRest, how) = _ending.Meaning(reason);
        if (isRest)
        {
            Rest(how);
        }
        else
        {
            Finish(how);
        }
    }

    private void Rest(string how)
    {
        HearLastEnds();
        _desk.Complete();
        IsAtRest = true;
        (RunWish.Read(_plan.Folder) with { RestedAt = OwnGeneration.Value }).Write(_plan.Folder);
        _waitedFor.IsNothing();
        _output.Note(how);
        DismissAll();
    }

    private void Finish(string? stopped)
    {
        HearLastEnds();
        _desk.Complete();
        if (_plan.FinishesFolder && stopped is null)
        {
            RunFolder.Finish(_plan.Folder, DateTimeOffset.UtcNow);
        }

        End = new RunEnd(stopped, _desk.Report(_nodes.Counters, _seats.Given), _controlMessages);
        End.Write(_plan.Folder);
        _waitedFor.IsNothing();
        DismissAll();
    }

    // Their devices are free for other runs.
    private void DismissAll()
    {
        foreach (var node in _seats.Alive)
        {
            Dismiss(node);
        }
    }

    private void Dismiss(NodeId node) => _output.Send(node, new Dismiss(OwnGeneration, DismissReason.NotNeeded));
}
