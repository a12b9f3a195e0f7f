using AtomGrains.Core.Data;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol.Effects;

namespace AtomGrains.Core.Protocol.Coordination;

/// <summary>
/// Lanes that end whoever computes them (PROTOCOL, poison). Each such death stands in the register. A lane that has ended
/// a worker goes to one that holds no only copy and gets nothing else; while there is none, it waits. A lane that has
/// ended three stops the run, which names its samples: leaving them out would be silent loss of data.
/// </summary>
public sealed partial class Coordinator
{
    // Heard of since the newest view was proposed.
    private readonly List<LaneDeath> _newDeaths = [.. deaths ?? []];
    private TimeSpan? _heldSince;

    /// <summary>Deaths that lanes of steps to come are blamed for.</summary>
    private IEnumerable<LaneDeath> Deaths => (_view is { } view ? rules.Carried(view) : []).Union(_newDeaths);

    // One that a decided step's lane is blamed for is not poison: somebody has computed it.
    private void OnDeath(NodeId node, NodeDeath death, TimeSpan now, Outbox outbox)
    {
        if (_over || !rules.CountsAsPoison(death) || death.Step < _step || Deaths.Any(known => known.Node == node))
        {
            return;
        }

        _newDeaths.Add(new LaneDeath(death.Step, death.Lane, node));
        var dead = Deaths.Where(known => known.Step == death.Step && known.Lane == death.Lane).Select(known => known.Node).Order().ToList();
        if (dead.Count >= options.MaximumDeathsOfALane)
        {
            StopWithCheckpoint(
                $"{LaneNames.Of(spec, death.Step, [death.Lane])} has ended {dead.Count} workers in the middle of it ({string.Join(", ", dead)}); these samples are not left out silently: mend the job and resume with --allow-environment-change, or begin a new run with mended data", now, outbox);
        }
    }

    // The register has to know of a death before anybody is given its lane.
    private bool HasNewDeaths => _newDeaths.Exists(death => death.Step >= _step);

    private void DeathsRecorded(View view) => _newDeaths.RemoveAll(death => view.Deaths.Contains(death));

    private void ForgetDeathsOf(long decided)
    {
        _newDeaths.RemoveAll(death => death.Step <= decided);
        _heldSince = null;
    }

    private List<int> SuspectsOf(long step) => [.. Deaths.Where(death => death.Step == step).Select(death => death.Lane).Distinct().Order()];

    // Who may be lost with a lane: the run goes on without it, and the less it holds, the better. A spare is best.
    private NodeId? Expendable() => _nodes.Values.Where(node => node.CanWork && !node.Leaving).Select(node => node.Member.Node).Where(CanDoWithout)
        .OrderBy(node => _view!.ReplicasOn(node).Count())
        .ThenByDescending(node => node)
        .Select(node => (NodeId?)node).FirstOrDefault();

    /// <summary>Deals the lanes of a step: suspects to somebody expendable who gets nothing else, or to nobody for now.</summary>
    private (NodeId[] Owners, IReadOnlyList<int> Held) DealLanes(IReadOnlyList<NodeId> workers, long step, TimeSpan now)
    {
        if (_stopping is not null)
        {
            return (LaneAssigner.Assign(_view?.LaneOwners, workers, spec.Lanes), [.. Enumerable.Range(0, spec.Lanes)]);
        }

        var suspects = SuspectsOf(step);
        if (suspects.Count == 0 || _view is null)
        {
            return (LaneAssigner.Assign(_view?.LaneOwners, workers, spec.Lanes), []);
        }

        var others = workers.ToList();
        if (Expendable() is { } alone && (!others.Remove(alone) || others.Count > 0))
        {
            var owners = LaneAssigner.Assign(_view.LaneOwners, others, spec.Lanes);
            suspects.ForEach(lane => owners[lane] = alone);
            return (owners, []);
        }

        // In a world of one there is nobody to wait for.
        _heldSince ??= now;
        var waits = _targetWorkers + options.Spares > 1 && now - _heldSince <= options.HoldSuspectsFor;
        return (LaneAssigner.Assign(_view.LaneOwners, workers, spec.Lanes), waits ? suspects : []);
    }

    private bool MayGiveOutHeldLanes(View view, TimeSpan now)
    {
        if (view.HeldLanes.Length == 0 || _stopping is not null)
        {
            return false;
        }

        // A predecessor may have begun to wait.
        _heldSince ??= now;
        return now - _heldSince > options.HoldSuspectsFor || (Expendable() is { } alone && ChooseWorkers().Exists(worker => worker != alone));
    }

    // At the bound before a suspect's step it gets its own worker, at the one behind it the others help that worker again.
    private bool DealsAnew(View view) => view.Deaths.Any(death => death.Step <= _step + 1);
}
