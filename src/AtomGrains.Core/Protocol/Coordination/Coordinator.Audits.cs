using AtomGrains.Core.Data;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Options;
using AtomGrains.Core.Protocol.Audits;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;

namespace AtomGrains.Core.Protocol.Coordination;

/// <summary>
/// What follows from an audit (PROTOCOL R7). Who is found wrong is left out by the next view, which has its unsealed work
/// computed again, and never works again; with its steps since the last clean audit it goes as the options say. Where nobody
/// is there to decide, the step waits for another worker, and the run stops if none can come.
/// </summary>
public sealed partial class Coordinator
{
    private readonly AuditLog _audits = new(spec, newest);

    // Those of the newest view, and those found since it was proposed.
    private readonly List<Quarantine> _quarantines = [.. newest?.Quarantined ?? []];
    private LaneDisputed? _undecided;
    private TimeSpan? _undecidedSince;
    private long? _backTo;
    private bool _saidAlone;

    /// <summary>What audits have come to since this coordinator began.</summary>
    public AuditCounts Audits => _audits.Counts;

    /// <summary>Nodes that audits have found wrong.</summary>
    public IReadOnlyList<Quarantine> Quarantined => _quarantines;

    private bool HasNewQuarantines(View view) => _quarantines.Exists(quarantine => !view.IsQuarantined(quarantine.Node));

    // Another lineage may have another share: within one it says which lanes are pushed alone.
    private double AuditShareOf(Lineage lineage) => _view is { } view && view.Lineage == lineage ? view.AuditShare : options.AuditShare;

    private void OnDisputed(LaneDisputed disputed, TimeSpan now, Outbox outbox)
    {
        if (_over || disputed.Generation != _view?.Generation || disputed.Key.Lineage != _view.Lineage || disputed.Key.Step < _step)
        {
            return;
        }

        var wrong = disputed.Votes.Where(vote => vote.IsWrong).ToList();
        if (wrong.Count == 0)
        {
            _undecided = disputed;
            _undecidedSince ??= now;
        }

        wrong.ForEach(vote => Accuse(vote.Node, vote.Slot, disputed, outbox));
    }

    private void Accuse(NodeId node, int slot, LaneDisputed evidence, Outbox outbox)
    {
        var (step, lane) = (evidence.Key.Step, evidence.Lane);
        _audits.Differs(evidence.Key.Lineage, step, lane);
        if (_over || _quarantines.Exists(known => known.Node == node))
        {
            return;
        }

        var suspect = _audits.FirstSuspect(slot, step);
        var goesBack = options.OnWrongBits == WrongBitsPolicy.Rollback && (suspect < step || !IsAuditedWhole(step));
        var isKnown = !IsAlive(node) || IsRetired(node);
        _quarantines.Add(new Quarantine(node, slot, step));
        var found = new WrongBitsFound(node, slot, step, lane, evidence.Partition, evidence.Votes, suspect, goesBack, isKnown, _view!.Generation);
        outbox.Add(found);
        if (!isKnown)
        {
            outbox.Add(new MemberLost(node, LossCause.WrongBits, step, _view!.Generation));
        }

        if (options.OnWrongBits == WrongBitsPolicy.Stop)
        {
            _over = true;
            outbox.Add(new RunStopped($"{node} (worker {slot}) computes wrong bits: {found.InWords(spec)}"));
            return;
        }

        if (goesBack)
        {
            _backTo = Math.Min(_backTo ?? long.MaxValue, suspect);
            _found = _found?.Origin is { } origin && !rules.MayReturnTo(origin.Checkpoint.Step, _backTo.Value) ? null : _found;
        }

        LeaveOut(node);
    }

    // Where it has the only copy of a partition, that copy is worth having: its lanes are what is wrong, and copies are compared.
    private void LeaveOut(NodeId node)
    {
        if (!_nodes.TryGetValue(node, out var record) || record.Standing is NodeStanding.Gone or NodeStanding.Fenced)
        {
            return;
        }

        if (_backTo is not null || CanDoWithout(node))
        {
            record.Standing = NodeStanding.Fenced;
        }
        else
        {
            record.Retire();
        }
    }

    // Else a partition may have sealed the step with something of that node which nobody compared, its own lane or one it took over.
    private bool IsAuditedWhole(long step)
    {
        var plan = new AuditPlan(spec.Seed, _view!.AuditShare);
        return Enumerable.Range(0, spec.Lanes).All(lane => plan.IsAudited(step, lane));
    }

    // Somebody who is not in the view can decide: a replacement that got ready, or a spare, which gets lanes for that.
    private bool CanDecide(View view) => _undecided is not null && ChooseWorkers().Exists(worker => !view.Workers.Contains(worker));

    private void WaitForDecider(View view, TimeSpan now, Outbox outbox)
    {
        if (_undecided is not { } disputed || now - _undecidedSince < options.DecideAfter)
        {
            return;
        }

        var what = LaneNames.Of(spec, disputed.Key.Step, [disputed.Lane]);
        var who = string.Join(" and ", disputed.Votes.Select(vote => $"{vote.Node} (worker {vote.Slot})"));
        var canCome = _targetWorkers + options.Spares > view.Workers.Count && view.Workers.Count < spec.Lanes;
        if (canCome && now - _undecidedSince <= options.DecideWithin)
        {
            WaitFor($"another worker, to decide whose bits of {what} are right", outbox);
            return;
        }

        _over = true;
        _audits.StaysUndecided();
        outbox.Add(new RunStopped($"{who} have computed {what} with other bits, and there is no other worker to decide whose are wrong; none of them is trusted"));
    }

    private void AuditsInstalled(View view, Outbox outbox)
    {
        _audits.Installed(view, _step);
        var isAlone = view.AuditShare > 0 && AuditRoster.IsAlone(view);
        if (isAlone && !_saidAlone && _targetWorkers > 1)
        {
            outbox.Add(new AuditsNotPossible());
        }

        _saidAlone = isAlone;
    }

    private void AuditsRecorded(View view)
    {
        _undecided = null;
        if (_view is { } old && old.Lineage != view.Lineage)
        {
            var begins = view.Origin?.Checkpoint.Step ?? 0;
            _audits.StartLineage(begins);
            _undecidedSince = null;

            // A lineage that was proposed for another reason may not go far enough back.
            _backTo = _backTo is { } bound && !rules.MayReturnTo(begins, bound) ? bound : null;
        }
    }
}
