using AtomGrains.Core.Parameters;

namespace AtomGrains.Core.Lanes;

/// <summary>
/// A worker's partial sums of one step. Lane gradients are added in the tree's order and merged upwards as far
/// as both halves are there; what covers a whole target node is finished and stays until the step is decided.
/// </summary>
public sealed class LaneAccumulator(int lanes, FloatPool pool)
{
    // 16 KiB: two pieces fit the first cache of any processor of the last twenty years.
    private const int PieceElements = 4096;

    private readonly Dictionary<TreeNode, LanePartial> _open = [];
    private readonly SortedDictionary<TreeNode, LanePartial> _finished = [];
    private HashSet<int> _held = [];
    private List<TreeNode> _targets = [];

    /// <summary>Partials that are ready to be pushed.</summary>
    public IReadOnlyDictionary<TreeNode, LanePartial> Finished => _finished;

    public bool Holds(int lane) => _held.Contains(lane);

    /// <summary>Sets the lanes that are to be summed; returns the partials that this finishes (an owned set that shrank).</summary>
    public List<LanePartial> Target(IEnumerable<int> owned)
    {
        var wanted = owned.Concat(_held).Where(lane => !_finished.Keys.Any(node => node.CoversLane(lane))).ToHashSet();
        _targets = LaneTree.MaximalSubtrees(wanted, lanes);
        return [.. _open.Keys.ToList().Select(Settle).OfType<LanePartial>()];
    }

    /// <summary>Takes a lane's gradient ([elements] float32, ownership included); returns the partial that it finished, if any.</summary>
    public LanePartial? Add(int lane, float[] gradient, double loss)
    {
        if (!_held.Add(lane))
        {
            pool.Return(gradient);
            return null;
        }

        var leaf = TreeNode.Leaf(lane);
        _open.Add(leaf, new LanePartial(leaf, gradient, loss));
        return Settle(leaf);
    }

    public void Clear()
    {
        foreach (var partial in _open.Values.Concat(_finished.Values))
        {
            pool.Return(partial.Sum);
        }

        _open.Clear();
        _finished.Clear();
        _held = [];
        _targets = [];
    }

    private LanePartial? Settle(TreeNode node)
    {
        if (!_open.Remove(node, out var partial))
        {
            return null;
        }

        var loss = partial.Loss;
        var siblings = new List<float[]>();
        while (!_targets.Contains(node) && _open.Remove(node.Sibling, out var sibling))
        {
            siblings.Add(sibling.Sum);
            loss = node.IsLeft ? loss + sibling.Loss : sibling.Loss + loss;
            node = node.Parent;
        }

        AddInOrder(partial.Sum, siblings);
        siblings.ForEach(pool.Return);
        partial = new LanePartial(node, partial.Sum, loss);
        if (!_targets.Contains(node))
        {
            _open.Add(node, partial);
            return null;
        }

        _finished.Add(node, partial);
        return partial;
    }

    // One pass over memory instead of one a level: a piece stays in the cache while all siblings are added to it, lowest
    // level first. The sum of two floats does not depend on their order, so each level's bits are the tree's.
    private static void AddInOrder(Span<float> sum, List<float[]> siblings)
    {
        for (var start = 0; start < sum.Length; start += PieceElements)
        {
            var length = Math.Min(PieceElements, sum.Length - start);
            foreach (var sibling in siblings)
            {
                VectorMath.Add(sum.Slice(start, length), sibling.AsSpan(start, length));
            }
        }
    }
}
