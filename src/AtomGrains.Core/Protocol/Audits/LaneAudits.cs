using AtomGrains.Core.Data;
using AtomGrains.Core.Lanes;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol.Messages;

namespace AtomGrains.Core.Protocol.Audits;

/// <summary>
/// The audited lanes of one partition's step (PROTOCOL R7). A leaf stays here until as many devices as it needs have computed
/// the same bits; then it goes into the sum, once. Who has computed others is accused until a view leaves it out. What makes
/// an audit is that two devices agree, whoever asked them: a leaf that comes twice from one is one.
/// </summary>
internal sealed class LaneAudits(ulong seed, FloatPool pool, ProtocolRules rules)
{
    private readonly SortedDictionary<int, LaneVotes> _open = [];
    private readonly Dictionary<int, IReadOnlyList<NodeId>> _taken = [];
    private readonly List<(int Lane, IReadOnlyList<LeafVote> Votes)> _verdicts = [];

    /// <summary>Lanes of which something is here, and not enough.</summary>
    public IEnumerable<int> Open => _open.Keys;

    public bool IsDisputed(int lane) => _open.TryGetValue(lane, out var votes) && votes.IsDisputed;

    /// <summary>Whether a lane is pushed alone, by everybody who computes it.</summary>
    public bool IsAudited(View view, long step, TreeNode node)
    {
        var plan = new AuditPlan(seed, view.AuditShare);
        return view.AuditShare > 0 && Enumerable.Range(node.FirstLane, node.LaneCount).Any(lane => plan.IsAudited(step, lane));
    }

    /// <summary>Takes a leaf; false for one that adds nothing.</summary>
    public bool TryAdd(View view, Push leaf)
    {
        var lane = leaf.Node.FirstLane;
        if (_taken.ContainsKey(lane) || view.Members.FirstOrDefault(member => member.Node == leaf.By) is not { } voter)
        {
            return false;
        }

        if (!_open.TryGetValue(lane, out var votes))
        {
            _open[lane] = votes = new LaneVotes(pool, rules);
        }

        return votes.TryAdd(voter, leaf.Slice.Span, leaf.Loss);
    }

    /// <summary>Hands a lane on to <paramref name="take"/>, which copies what it keeps, if enough agree on its bits.</summary>
    public void TakeIfAgreed(View view, long step, int lane, Action<float[], double> take)
    {
        // Where bits differ, one is never enough, whatever has become of the view.
        if (!_open.TryGetValue(lane, out var votes)
            || votes.Agreed(votes.IsDisputed ? AuditRoster.Usual : AuditRoster.Needed(view, step, lane)) is not { } agreed)
        {
            return;
        }

        take(agreed.Slice, agreed.Loss);
        _taken[lane] = agreed.By;
        if (votes.IsDisputed)
        {
            _verdicts.Add((lane, votes.Evidence(agreed.By)));
        }

        votes.Clear();
        _open.Remove(lane);
    }

    /// <summary>Workers whose leaf of a lane is waited for: those who compute it unasked, and one more for each that has other bits than the rest.</summary>
    public IReadOnlyList<NodeId> Awaited(View view, long step, int lane)
    {
        if (_taken.ContainsKey(lane))
        {
            return [];
        }

        // A device has spoken for all processes on it.
        var votes = _open.GetValueOrDefault(lane);
        var heard = votes?.Voters.Select(voter => voter.Slot).ToHashSet() ?? [];
        var silent = AuditRoster.Of(view, step, lane).Where(worker => !heard.Contains(view.Members.First(member => member.Node == worker).Slot)).ToList();
        var unasked = AuditRoster.Of(view, step, lane).Take(AuditRoster.Needed(view, step, lane)).Where(silent.Contains).ToList();
        return unasked.Count > 0 || votes is not { IsDisputed: true } ? unasked : [.. silent.Take(1)];
    }

    /// <summary>What the coordinator has to know: who is wrong and still in the view, and what nobody is left to decide.</summary>
    public IEnumerable<(int Lane, IReadOnlyList<LeafVote> Votes)> Reports(View view, long step) =>
    [
        .. _verdicts.Where(verdict => Accuses(verdict.Votes, view)),
        .. _open.Where(entry => entry.Value.IsDisputed && Awaited(view, step, entry.Key).Count == 0).Select(entry => (entry.Key, entry.Value.Evidence([]))),
    ];

    /// <summary>Whether somebody is known to be wrong whom the view has not left out yet.</summary>
    public bool AccusesSomebody(View view) => _verdicts.Exists(verdict => Accuses(verdict.Votes, view));

    /// <summary>
    /// Under a new view only its members count: another process on a device that is gone is no other device. Returns lanes
    /// that have been taken and that nobody speaks for any more.
    /// </summary>
    public List<int> Adopt(View view)
    {
        foreach (var (lane, votes) in _open.ToList())
        {
            if (!votes.Forget(node => !view.IsMember(node) || !rules.Keeps(node, view)))
            {
                _open.Remove(lane);
            }
        }

        var unproven = _taken.Where(entry => entry.Value.All(node => !rules.Keeps(node, view))).Select(entry => entry.Key).ToList();
        unproven.ForEach(lane => _taken.Remove(lane));
        return unproven;
    }

    public void Clear()
    {
        foreach (var votes in _open.Values)
        {
            votes.Clear();
        }

        _open.Clear();
        _taken.Clear();
        _verdicts.Clear();
    }

    private static bool Accuses(IReadOnlyList<LeafVote> votes, View view) => votes.Any(vote => vote.IsWrong && !view.IsQuarantined(vote.Node));
}
