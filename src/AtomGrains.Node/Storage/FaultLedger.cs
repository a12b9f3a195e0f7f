using System.Globalization;
using System.Text.Json;
using AtomGrains.Core.Data;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Options;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Coordination;
using AtomGrains.Core.Protocol.Effects;

namespace AtomGrains.Node.Storage;

/// <summary>
/// The losses of a run, phase by phase, until each is over and has its one line in <c>faults.jsonl</c>. A loss is on
/// disk, in <c>losses/NODE.json</c>, from the moment it is known: a coordinator that dies before it has written the line
/// leaves it to its successor. So the id of a node that was lost or has left is never given again in its run folder.
/// </summary>
public sealed class FaultLedger
{
    public const string FolderName = "losses";

    /// <summary>The kind of an end that nobody is left to ask about.</summary>
    public const string UnknownEnd = "end";

    /// <summary>The kind of two copies that should be equal and are not.</summary>
    public const string Mismatch = "mismatch";

    /// <summary>The kind of a line that names a skipped step.</summary>
    public const string SkipKind = "skip";

    /// <summary>The kind of a line that says that a device failed its check.</summary>
    public const string CheckKind = "device-check";

    /// <summary>The kind of a line that says that a device is used no more.</summary>
    public const string QuarantineKind = "quarantine";

    /// <summary>The kind of a node that an audit has found to compute wrong bits.</summary>
    public const string WrongBitsKind = "wrong-bits";

    /// <summary>The kind of a line that says how many committed steps were given up, where no loss's own line does.</summary>
    public const string RollbackKind = "rollback";

    /// <summary>A paused process was let go on, as ordered.</summary>
    public const string WakeKind = "wake";

    // Nobody was lost by these.
    private static readonly string[] NoLosses = [FaultPlan.NameOf(FaultKind.Scale), FaultPlan.NameOf(FaultKind.Exit), Mismatch, SkipKind, CheckKind, QuarantineKind, RollbackKind, WakeKind];

    private readonly RunJournal _journal;
    private readonly Func<long> _lanesRecomputed;
    private readonly TimeSpan _endIsSaidWithin;
    private readonly FileRegister _losses;
    private readonly List<Recovery> _open = [];
    private readonly List<RecoveryReport> _closed = [];
    private readonly HashSet<(long Step, long Lineage)> _skipped;
    private readonly HashSet<string> _told;
    private readonly HashSet<string> _left;
    private readonly Dictionary<NodeId, string> _wrong = [];
    private bool _differed;

    /// <param name="folder">The run folder.</param>
    /// <param name="lanesRecomputed">Of all nodes of this coordinator so far.</param>
    /// <param name="endIsSaidWithin">
    /// How long after a loss another process may say what the lost one ended of: its line waits for that, cause and all, and
    /// says <see cref="UnknownEnd"/> behind it. Zero where the host itself sees the ends of processes.
    /// </param>
    public FaultLedger(string folder, RunJournal journal, Func<long> lanesRecomputed, TimeSpan endIsSaidWithin = default)
    {
        _endIsSaidWithin = endIsSaidWithin;
        _journal = journal;
        _lanesRecomputed = lanesRecomputed;
        _losses = new FileRegister(folder, FolderName);
        var lines = JsonLines.Read(Path.Combine(folder, RunFolder.FaultsFileName), StorageJson.Default.FaultLine);
        var told = lines.Select(line => (line.Who, line.Ts)).ToHashSet();
        _skipped = [.. lines.Where(line => line.Kind == SkipKind).Select(line => (line.Step, LineageOf(line)))];
        _told = lines.Select(line => line.Who).ToHashSet();
        _closed.AddRange(lines.Where(IsRecovery).Select(RecoveryReport.Of));
        _left = lines.Where(line => line.Kind == FaultPlan.NameOf(FaultKind.Exit)).Select(line => line.Who).ToHashSet();
        var known = _losses.Generations();
        NewestLost = known.Select(NodeOf).Concat(_left.Select(who => new NodeId(int.Parse(who.Split(' ')[0][1..], CultureInfo.InvariantCulture))))
            .Select(node => (NodeId?)node).Max();
        _open.AddRange(known.Select(Reopen).Where(recovery => !told.Contains((recovery.Who, recovery.Noticed))));
    }

    /// <summary>The highest id of the nodes that predecessors have lost or let go; null when there are none.</summary>
    public NodeId? NewestLost { get; }

    /// <summary>The losses that are over, predecessors' included, in the order in which they were.</summary>
    public IReadOnlyList<RecoveryReport> Closed => _closed;

    /// <param name="step">The step in progress, which a coordinator that takes over has only from the journal.</param>
    /// <param name="kindOfEnd">What a process is said to have died of; null when its host is going to say so by <see cref="Ended"/>.</param>
    public void Lost(MemberLost lost, long step, LostNode node, string? kindOfEnd = null)
    {
        if (_open.Exists(open => open.Node == lost.Node) || _left.Contains(Recovery.NameOf(lost.Node, node.Slot)))
        {
            // The predecessor knew, of the loss or that it was none: the node has left in order.
            return;
        }

        var now = DateTimeOffset.UtcNow;
        var recovery = new Recovery(lost.Node, Recovery.NameOf(lost.Node, node.Slot), step, lost.Generation.Value, now, _lanesRecomputed())
        {
            Kind = lost.Cause == LossCause.WrongBits ? WrongBitsKind : node.Strike is { } strike ? KindOf(strike) : lost.Cause switch
            {
                LossCause.Silent => "stop",
                LossCause.Hung => "hang",
                _ => kindOfEnd,
            },
            Order = OrderOf(node.Strike),
            Cause = _wrong.GetValueOrDefault(lost.Node) ?? node.Cause,
            Detect = Math.Max(0, (now - (node.Strike?.At ?? node.LastHeard)).TotalSeconds),
            EndAwaitedUntil = lost.Cause == LossCause.Ended && kindOfEnd is null ? AwaitedUntil(now) : null,
        };
        var number = new Generation(lost.Node.Value);
        var isNews = _losses.TryCreate(number, JsonSerializer.SerializeToUtf8Bytes(recovery.Line(_lanesRecomputed()), StorageJson.Default.FaultLine));
        _open.Add(isNews ? recovery : Reopen(number));
    }

    /// <summary>
    /// An audit has found wrong bits: the evidence goes into the line of the node's loss. One whose line is written already
    /// gets another.
    /// </summary>
    public void WrongBits(WrongBitsFound found)
    {
        var words = found.InWords(_journal.Spec);
        if (_open.Find(recovery => recovery.Node == found.Node) is { } open)
        {
            (open.Kind, open.Cause) = (WrongBitsKind, words);
        }
        else if (found.IsLost)
        {
            Note(WrongBitsKind, FaultLine.NodeRole, Recovery.NameOf(found.Node, found.Slot), found.Step, found.Generation, words);
        }
        else
        {
            _wrong[found.Node] = words;
        }
    }

    /// <summary>A predecessor of this very coordinator was killed; said once, whoever of its successors lives to say it.</summary>
    /// <param name="number">The supervisor's.</param>
    /// <param name="before">The newest view that it recorded.</param>
    /// <param name="strike">The order that struck it, if one did.</param>
    /// <param name="lastSign">When it was seen to do anything last.</param>
    public void SupervisorLost(int number, long step, Generation before, OrderedStrike? strike, DateTimeOffset lastSign)
    {
        var who = SupervisorRoll.NameOf(number);
        if (_told.Add(who))
        {
            var now = DateTimeOffset.UtcNow;
            _open.Add(new Recovery(null, who, step, before.Value, now, _lanesRecomputed())
            {
                Kind = strike is null ? UnknownEnd : FaultPlan.NameOf(FaultKind.Kill),
                Order = OrderOf(strike),
                Detect = Math.Max(0, (now - (strike?.At ?? lastSign)).TotalSeconds),
            });
        }
    }

    /// <summary>A node's process has ended: what of, and what it said of it, unless that is known already.</summary>
    /// <param name="strike">The ordered fault that struck it last, where its host did not know in time.</param>
    public void Ended(NodeId node, string kind, string? cause, OrderedStrike? strike = null)
    {
        if (_open.Find(recovery => recovery.Node == node) is { } recovery)
        {
            recovery.Kind ??= strike is null ? kind : KindOf(strike);
            recovery.Order ??= OrderOf(strike);
            recovery.Cause = cause ?? recovery.Cause;
            recovery.EndAwaitedUntil = null;
        }
    }

    /// <summary>A process has ended before it was ready: a fault with nothing to get over.</summary>
    /// <param name="strike">The ordered fault that struck it last.</param>
    public void StartEnded(NodeId node, int slot, long step, Generation generation, string kind, string? cause, OrderedStrike? strike) => _open.Add(
        new Recovery(node, Recovery.NameOf(node, slot), step, generation.Value, DateTimeOffset.UtcNow, _lanesRecomputed())
        {
            Kind = strike is null ? kind : KindOf(strike),
            Order = OrderOf(strike),
            Cause = cause,
            NeedsNothing = true,
        });

    public void ViewRecorded(DateTimeOffset now) => _open.ForEach(recovery => recovery.ViewRecorded(now));

    /// <param name="workers">How many there shall be; a world of one has no backups.</param>
    public void ViewInstalled(View view, int workers, DateTimeOffset now)
    {
        var isFull = view.Partitions.All(placement => placement.Backup is not null) || (view.Workers.Count == 1 && workers == 1);
        _open.ForEach(recovery => recovery.ViewInstalled(view.Generation.Value, isFull, now));
    }

    public void StepDecided(long step, DateTimeOffset now) => _open.ForEach(recovery => recovery.StepDecided(step, now));

    /// <summary>
    /// Committed steps are given up: that stands in the lines of the losses that the run has yet to get over. Where there is
    /// none, or two copies differed, it is a line of its own.
    /// </summary>
    /// <param name="step">The step in progress.</param>
    /// <param name="before">The newest view of the history that is left.</param>
    /// <returns>False where it was written before: a successor goes back from the same view once more.</returns>
    public bool RolledBack(long steps, long step, Generation before, string words)
    {
        var who = string.Create(CultureInfo.InvariantCulture, $"view {before.Value}");
        if (!_differed && _open.Count > 0)
        {
            _open.ForEach(recovery => recovery.StepsRedone = steps);
            return true;
        }

        _differed = false;
        if (!_told.Add(who))
        {
            return false;
        }

        if (steps > 0)
        {
            Note(RollbackKind, "run", who, step, before, words, steps);
        }

        return true;
    }

    /// <summary>
    /// A step that passes without an update: a line with its lanes and samples, written before the step's own line in the
    /// metrics, so that no skipped step lacks it. A successor that decides the step again finds it here.
    /// </summary>
    public void Skipped(StepDecided decided)
    {
        if (decided.Skipped is not { } skipped || !_skipped.Add((skipped.Step, decided.Decision.Lineage.Began.Value)))
        {
            return;
        }

        var what = skipped.Reason == SkipReason.Loss ? "the loss" : "the gradient";
        var whose = skipped.Lanes.Count == 0 ? "no lane by itself, or whose worker is gone" : LaneNames.Of(_journal.Spec, skipped.Step, skipped.Lanes);
        Note(SkipKind, "run", NameOf(decided.Decision.Lineage.Began.Value), skipped.Step, decided.Generation, $"{what} is not finite: {whose}");
    }

    /// <summary>A change of size that was ordered: a line, and no recovery.</summary>
    public void Scaled(int workers, long step, Generation generation) =>
        Note(FaultPlan.NameOf(FaultKind.Scale), FaultLine.SupervisorRole, $"to {workers} workers", step, generation, detail: null);

    /// <summary>Something that was found out about the device of a worker.</summary>
    public void DeviceNoted(string kind, int slot, string device, string detail, long step, Generation generation) =>
        Note(kind, "device", $"{device} of worker {slot}", step, generation, detail);

    /// <summary>Whether a line is of a loss that the run had to get over; other lines say what it decided or was told.</summary>
    public static bool IsRecovery(FaultLine line) => IsLoss(line.Kind);

    private static bool IsLoss(string kind) => !NoLosses.Contains(kind);

    /// <summary>A node that leaves in order: a line, and no recovery.</summary>
    public void Leaves(NodeId node, int slot, long step, Generation generation, OrderedStrike? strike)
    {
        // It says so until it is dismissed, and a predecessor may have heard it.
        if (!_left.Contains(Recovery.NameOf(node, slot)))
        {
            Note(FaultPlan.NameOf(FaultKind.Exit), FaultLine.NodeRole, Recovery.NameOf(node, slot), step, generation, OrderOf(strike));
        }
    }

    /// <summary>A paused node was woken after its replacement had joined: a line, and no recovery.</summary>
    public void Woken(NodeId node, int slot, long step, Generation generation, OrderedStrike? strike) =>
        Note(WakeKind, FaultLine.NodeRole, Recovery.NameOf(node, slot), step, generation, OrderOf(strike));

    /// <summary>Whether a line is of this order.</summary>
    public static bool IsOf(FaultOrder order, FaultLine line) =>
        OrderOf(order) is var words && line.Detail is { } detail && (detail == words || detail.StartsWith($"{words}: ", StringComparison.Ordinal));

    /// <summary>Two copies of a partition had other bits: a line, whose consequence is a rollback.</summary>
    public void Differed(ReplicasDiffered differed, long step)
    {
        _differed = true;
        Note(
            Mismatch, FaultLine.NodeRole, $"{differed.Primary} and {differed.Backup}", step, differed.Generation,
            $"{differed.Partition} at version {differed.Version}");
    }

    /// <summary>The losses whose kind became known since this was asked last, each once.</summary>
    public IReadOnlyList<(string Kind, string Role)> TakeKnown()
    {
        foreach (var recovery in _open.Where(recovery => recovery.EndAwaitedUntil <= DateTimeOffset.UtcNow))
        {
            recovery.Kind ??= UnknownEnd;
            recovery.EndAwaitedUntil = null;
        }

        var news = _open.FindAll(recovery => recovery.Kind is not null && !recovery.IsCounted);
        news.ForEach(recovery => recovery.IsCounted = true);
        return [.. news.Where(recovery => IsLoss(recovery.Kind!)).Select(recovery => (recovery.Kind!, recovery.Role))];
    }

    /// <summary>Writes the lines of the losses that are over, and returns them.</summary>
    public IReadOnlyList<FaultLine> CloseWhatIsOver() => Close(recovery => recovery.IsOver && recovery.Kind is not null && recovery.EndAwaitedUntil is null);

    /// <summary>The run ends: writes the lines of all the others, as far as they got, and returns them.</summary>
    public IReadOnlyList<FaultLine> CloseAll() => Close(_ => true);

    /// <summary>The lineage whose step a skip's line names.</summary>
    public static long LineageOf(FaultLine skip) => long.Parse(skip.Who.Split(' ')[^1], CultureInfo.InvariantCulture);

    private static string NameOf(long lineage) => string.Create(CultureInfo.InvariantCulture, $"lineage {lineage}");

    private static NodeId NodeOf(Generation number) => new((int)number.Value);

    // Whoever it was aimed at.
    private static string KindOf(OrderedStrike strike) =>
        FaultPlan.NameOf(strike.Order.Kind == FaultKind.KillCoordinator ? FaultKind.Kill : strike.Order.Kind);

    private static string? OrderOf(OrderedStrike? strike) => strike is null ? null : OrderOf(strike.Order);

    private static string OrderOf(FaultOrder order) => $"ordered {order}";

    // Lanes that were computed again under the predecessor are counted in its nodes, not in ours: the difference begins anew.
    private Recovery Reopen(Generation number)
    {
        var loss = JsonSerializer.Deserialize(_losses.Read(number), StorageJson.Default.FaultLine)!;
        var awaitedUntil = loss.Kind == UnknownEnd ? AwaitedUntil(loss.Ts) : null;
        return new Recovery(NodeOf(number), loss.Who, loss.Step, loss.GenerationBefore, loss.Ts, 0)
        {
            // Who sees it may not have said so yet.
            Kind = awaitedUntil is null ? loss.Kind : null,
            EndAwaitedUntil = awaitedUntil,
            Order = loss.Detail,
            Detect = loss.Seconds.Detect,
        };
    }

    private DateTimeOffset? AwaitedUntil(DateTimeOffset noticed) => _endIsSaidWithin > TimeSpan.Zero ? noticed + _endIsSaidWithin : null;

    private List<FaultLine> Close(Predicate<Recovery> which)
    {
        var lines = new List<FaultLine>();
        foreach (var recovery in _open.FindAll(which))
        {
            var line = recovery.Line(_lanesRecomputed());
            _journal.Fault(line);
            _open.Remove(recovery);
            if (IsRecovery(line))
            {
                // Who was asked to end and did not hand over in time has its line, and is no fault.
                _closed.Add(RecoveryReport.Of(line));
            }

            lines.Add(line);
        }

        return lines;
    }

    private void Note(string kind, string role, string who, long step, Generation generation, string? detail, long redone = 0) => _journal.Fault(new FaultLine
    {
        Ts = DateTimeOffset.UtcNow,
        Kind = kind,
        Role = role,
        Who = who,
        Step = step,
        GenerationBefore = generation.Value,
        GenerationAfter = generation.Value,
        StepsRedone = redone,
        LanesRedone = 0,
        Seconds = new RecoverySeconds(0, 0, 0, 0, 0),
        Detail = detail,
    });
}
