using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol.Messages;

namespace AtomGrains.Core.Protocol.Coordination;

/// <summary>
/// A step past its deadline: what each node says it waits for, and whom that blames. One node at a time is blamed, the
/// one that most others wait for: where a link between two is broken, each of them names the other.
/// </summary>
internal sealed class LateStep(TimeSpan asked)
{
    private readonly Dictionary<NodeId, WaitsFor> _answers = [];

    public TimeSpan Asked { get; } = asked;

    public void Add(NodeId from, WaitsFor answer) => _answers[from] = answer;

    /// <summary>
    /// The node to go on without, or null when nobody waits for anybody else. Who is retired already is blamed for
    /// nothing: who waits for it cannot reach it. Among those that as many wait for, it is one the run can do without.
    /// </summary>
    public NodeId? Blamed(View view, Func<NodeId, bool> isRetired, Func<NodeId, bool> canDoWithout)
    {
        // Who lacks parameters may only wait for primaries that wait themselves: that counts when nothing else does.
        var isStuck = _answers.Values.Any(answer => answer.Lanes.Count > 0 || answer.Replicas.Count > 0 || answer.Auditors is { Count: > 0 });
        var blames = new Dictionary<NodeId, int>();
        foreach (var (from, answer) in _answers)
        {
            var named = isStuck
                ? answer.Replicas.Concat(answer.Auditors ?? []).Concat(answer.Lanes.SelectMany(view.OwnersOf))
                : answer.Parameters.Select(partition => view.Placement(partition).Primary);
            foreach (var node in named.Select(node => isRetired(node) ? from : node).Distinct().Where(node => !isRetired(node)))
            {
                blames[node] = blames.GetValueOrDefault(node) + 1;
            }
        }

        return blames.OrderByDescending(blame => blame.Value)
            .ThenByDescending(blame => canDoWithout(blame.Key))
            .ThenByDescending(blame => blame.Key)
            .Select(blame => (NodeId?)blame.Key).FirstOrDefault();
    }
}
