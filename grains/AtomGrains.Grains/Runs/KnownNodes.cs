using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Coordination;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Grains.Workers;
using AtomGrains.Node.Runs;
using AtomGrains.Node.Storage;

namespace AtomGrains.Grains.Runs;

/// <summary>What is known of a run's nodes: what they say of themselves, how they are lost, and whose device is not to be used again.</summary>
internal sealed class KnownNodes(
    RunPlan plan, Seats seats, FailedDevices failedDevices, StruckFaults struck, Coordinator coordinator, FaultLedger ledger, RunDesk desk, Action<string> note)
{
    private readonly Dictionary<NodeId, NodeCounters> _counters = [];
    private readonly Dictionary<NodeId, DateTimeOffset> _heard = [];
    private readonly HashSet<NodeId> _leaving = [];

    /// <summary>Sums over all nodes that this coordinator has heard.</summary>
    public NodeCounters Counters => _counters.Values.Aggregate(new NodeCounters(), (sum, node) => sum.Plus(node));

    /// <summary>How many devices are used no more.</summary>
    public int Quarantined => coordinator.Quarantined.Count + failedDevices.Quarantined;

    /// <summary>There are nodes, and every one of them was asked to end.</summary>
    public bool AllLeave => seats.Alive is { Count: > 0 } alive && alive.All(_leaving.Contains);

    /// <summary>Whether a device is used no more. It is known by its place in the set of silos, which it has again when its silo is started again.</summary>
    public bool IsQuarantined(int ordinal) => failedDevices.IsQuarantined(ordinal) || coordinator.Quarantined.Any(quarantine => seats.OrdinalOf(quarantine.Node) == ordinal);

    /// <summary>A message of a node, before the coordinator has it.</summary>
    /// <param name="silo">Where it comes from.</param>
    public void Note(NodeId from, string? silo, ControlMessage message, TimeSpan now)
    {
        desk.Heard(message);
        switch (message)
        {
            case NodeReady ready:
                seats.Take(from, ready, silo, now);
                break;
            case Heartbeat heartbeat:
                _counters[from] = heartbeat.Counters;
                break;
            case LeaveRequested when coordinator.StandingOf(from) is not null && _leaving.Add(from):
                desk.Leaves(from, seats.SlotOf(from), StrikeOf(from));
                break;
            default:
                break;
        }

        _heard[from] = DateTimeOffset.UtcNow;
    }

    public void OnLost(MemberLost lost)
    {
        note($"{lost.Node} is lost at step {lost.Step}: {lost.Cause}");
        var heard = _heard.GetValueOrDefault(lost.Node, DateTimeOffset.UtcNow);

        // How a child ended is going to be said by its silo; how a silo did, by who started it, if the run has one who sees that.
        var kindOfEnd = seats.Of(lost.Node)?.Child is null && !plan.EndsAreSeen ? FaultLedger.UnknownEnd : null;
        ledger.Lost(lost, lost.Step, new LostNode(seats.SlotOf(lost.Node), heard, StrikeOf(lost.Node)), kindOfEnd);
        if (lost.Cause == LossCause.Hung)
        {
            // As a kernel that never returns: nothing of how its process ends is going to tell it from one that was paused.
            DeviceFailed(lost.Node, seats.SlotOf(lost.Node), "its step loop did not get on");
        }
    }

    /// <summary>The process of a node has ended, and the coordinator knows that.</summary>
    /// <param name="slot">The worker's number while it lived.</param>
    /// <param name="forgives">It had served long: what its device did before counts no more.</param>
    public void OnExited(NodeId node, int slot, string kind, string? cause, bool forgives = false)
    {
        ledger.Ended(node, kind, cause, StrikeOf(node));
        if (ProcessEnd.IsOfDevice(kind))
        {
            DeviceFailed(node, slot, cause ?? "unknown", forgives);
        }
    }

    /// <summary>The silo of a node was declared dead.</summary>
    public void OnSiloDead(NodeId node)
    {
        // A silo that dies takes its children along, and who was to say of what they ended.
        if (!plan.EndsAreSeen || seats.Of(node)?.Child is not null)
        {
            ledger.Ended(node, FaultLedger.UnknownEnd, null);
        }
    }

    /// <summary>What whoever starts the silos has seen of one, besides the end of a node.</summary>
    /// <param name="name">Which tells it from all others of this attempt.</param>
    public void OnSiloEnd(string name, SiloEnd end)
    {
        var failure = end.Cause ?? "unknown";
        if (end.Kind == FaultLedger.CheckKind)
        {
            OnCheckFailed(end.Silo, SlotOf(end), $"{plan.RunId} {name}", failure);
        }
        else if (end.Node is { } node)
        {
            OnExited(new NodeId(node), SlotOf(end), end.Kind, end.Cause, end.Forgives);
        }
        else if (ProcessEnd.IsOfDevice(end.Kind))
        {
            // Nobody was lost by it.
            GiveUpIf(failedDevices.Failed(end.Silo, $"{plan.RunId} {name}", failure, end.Forgives), SlotOf(end), failure);
        }
    }

    /// <summary>A check of the device on which a node was has failed, which counts as another failure.</summary>
    /// <param name="check">Which one since its end: said once.</param>
    public void OnCheckFailed(NodeId node, int slot, int check, string failure)
    {
        if (seats.OrdinalOf(node) is { } ordinal)
        {
            OnCheckFailed(ordinal, slot, $"{node} check {check}", failure);
        }
    }

    private void OnCheckFailed(int ordinal, int slot, string source, string failure)
    {
        if (!failedDevices.IsQuarantined(ordinal) && !failedDevices.Knows(source))
        {
            desk.DeviceNoted(FaultLedger.CheckKind, slot, plan.Spec.DeviceKind, failure);
            GiveUpIf(failedDevices.Checked(ordinal, failure, source), slot, failure);
        }
    }

    // One that this coordinator never knew was the worker that its silo likes to be.
    private int SlotOf(SiloEnd end) => end.Node is { } node && seats.Of(new NodeId(node)) is { } seat ? seat.Slot : end.Silo;

    private void DeviceFailed(NodeId node, int slot, string failure, bool forgives = false) =>
        GiveUpIf(seats.OrdinalOf(node) is { } ordinal && failedDevices.Failed(ordinal, node, failure, forgives), slot, failure);

    private void GiveUpIf(bool isTooMuch, int slot, string failure)
    {
        if (isTooMuch)
        {
            var why = $"{plan.Settings.DeviceFailures} failures, the last: {failure}";
            note($"the {plan.Spec.DeviceKind} of worker {slot} is quarantined after {why}");
            desk.DeviceNoted(FaultLedger.QuarantineKind, slot, plan.Spec.DeviceKind, why);
        }
    }

    private OrderedStrike? StrikeOf(NodeId node) =>
        struck.Of(node) is { } strike ? new OrderedStrike(plan.Settings.Faults.Orders[strike.Order], strike.At) : null;
}
