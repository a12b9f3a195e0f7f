using AtomGrains.Core.Data;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol.Audits;
using AtomGrains.Core.Runs;

namespace AtomGrains.Core.Protocol.Coordination;

/// <summary>
/// What audits have said so far: how many lanes, and how far they speak for each device. It follows from views and decided
/// steps alone, since a step in which audited bits differ is not decided before somebody is quarantined.
/// </summary>
internal sealed class AuditLog
{
    private readonly RunSpec _spec;
    private readonly SortedDictionary<int, long> _trusted = [];
    private readonly HashSet<(Lineage Lineage, long Step, int Lane)> _different = [];
    private bool _wasAlone;

    public AuditLog(RunSpec spec, View? newest)
    {
        _spec = spec;
        foreach (var trust in newest?.Trusted ?? [])
        {
            _trusted[trust.Slot] = trust.Step;
        }

        // Of a device that the record does not speak for nobody knows since when it has had lanes.
        foreach (var worker in newest?.Workers ?? [])
        {
            _trusted.TryAdd(SlotOf(newest!, worker), 0);
        }
    }

    /// <summary>Since this coordinator began.</summary>
    public AuditCounts Counts { get; private set; } = new();

    /// <summary>How far audits speak for each device that has had lanes, or is to have some: what a successor has to know.</summary>
    /// <param name="slots">Of the workers of a view that is to be recorded.</param>
    /// <param name="next">The first step that one of them may compute which has had no lane before.</param>
    public IEnumerable<Trust> TrustedWith(IEnumerable<int> slots, long next)
    {
        var trusted = new SortedDictionary<int, long>(_trusted);
        foreach (var slot in slots)
        {
            trusted.TryAdd(slot, next);
        }

        return trusted.Select(entry => new Trust(entry.Key, entry.Value));
    }

    /// <summary>The first step whose lanes are suspect of a device that is found wrong now.</summary>
    public long FirstSuspect(int slot, long step) => Math.Min(step, _trusted.GetValueOrDefault(slot));

    /// <summary>A view is in force: a device that is new in it has yet to be audited.</summary>
    public void Installed(View view, long step)
    {
        _wasAlone |= AuditRoster.IsAlone(view);
        foreach (var worker in view.Workers)
        {
            _trusted.TryAdd(SlotOf(view, worker), step);
        }
    }

    /// <summary>Whatever was computed of steps that are given up, it is computed again.</summary>
    public void StartLineage(long step)
    {
        foreach (var slot in _trusted.Keys.ToList())
        {
            _trusted[slot] = Math.Min(_trusted[slot], step);
        }
    }

    /// <param name="isDisturbed">A view came into force during the step: not all of its lanes were computed by those whom the view names.</param>
    public void Decided(View view, long step, bool isDisturbed)
    {
        var plan = new AuditPlan(_spec.Seed, view.AuditShare);
        var audited = view.AuditShare > 0 ? Enumerable.Range(0, _spec.Lanes).Where(lane => plan.IsAudited(step, lane)).ToList() : [];
        var compared = _wasAlone ? [] : audited.FindAll(lane => AuditRoster.Needed(view, step, lane) == AuditRoster.Usual);
        var different = compared.Count(lane => _different.Contains((view.Lineage, step, lane)));
        Counts = Counts with { Equal = Counts.Equal + compared.Count - different, Unavailable = Counts.Unavailable + audited.Count - compared.Count };
        _different.RemoveWhere(entry => entry.Step <= step);
        if (!isDisturbed)
        {
            Trust(view, step, compared);
        }

        _wasAlone = AuditRoster.IsAlone(view);
    }

    /// <summary>Who is wrong has been found by this lane; counted once, whichever partitions say so.</summary>
    public void Differs(Lineage lineage, long step, int lane)
    {
        if (_different.Add((lineage, step, lane)))
        {
            Counts = Counts with { Different = Counts.Different + 1 };
        }
    }

    public void StaysUndecided() => Counts = Counts with { Undecided = Counts.Undecided + 1 };

    // Lanes that are not audited change hands within a step, so a step speaks for itself only where every lane was compared;
    // else one that was compared speaks for what came before it.
    private void Trust(View view, long step, List<int> compared)
    {
        foreach (var worker in view.Workers)
        {
            if (compared.Count == _spec.Lanes)
            {
                _trusted[SlotOf(view, worker)] = step + 1;
            }
            else if (compared.Exists(lane => view.LaneOwners[lane] == worker || AuditRoster.AuditorOf(view, step, lane) == worker))
            {
                _trusted[SlotOf(view, worker)] = step;
            }
        }
    }

    private static int SlotOf(View view, NodeId worker) => view.Members.First(member => member.Node == worker).Slot;
}
