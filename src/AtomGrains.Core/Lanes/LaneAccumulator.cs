using AtomGrains.Core.Parameters;

namespace AtomGrains.Core.Lanes;

/// <summary>
/// A worker's partial sums of one step. Lane gradients are added in the tree's order and merged upwards as far
/// as both halves are there; what covers a whole target node is finished and stays until the step is decided.
/// </summary>
public sealed class LaneAccumulator(int lanes, FloatPool pool)
{
    // 16 KiB: two of them fit the first cache of any processor of the last twenty years.
    private const int CachedElements = 4096;

    private readonly Dictionary<TreeNode, LanePartial> _open = [];
    private readonly SortedDictionary<TreeNode, LanePartial> _finished = [];
    private readonly Dictionary<float[], int> _unseen = [];
    private readonly SortedSet<int> _notFinite = [];
    private HashSet<int> _held = [];
    private List<TreeNode> _targets = [];

    /// <summary>Partials that are ready to be pushed.</summary>
    public IReadOnlyDictionary<TreeNode, LanePartial> Finished => _finished;

    public bool Holds(int lane) => _held.Contains(lane);

    /// <summary>Sets the lanes that are to be summed; returns the partials that this finishes (an owned set that shrank).</summary>
    /// <param name="isAlone">Lanes that are never summed with others but finished as leaves; for one lane always the same.</param>
    public List<LanePartial> Target(IEnumerable<int> owned, Func<int, bool>? isAlone = null)
    {
        var wanted = owned.Concat(_held).Where(lane => !_finished.Keys.Any(node => node.CoversLane(lane))).ToHashSet();
        var alone = isAlone is null ? [] : wanted.Where(isAlone).ToList();
        wanted.ExceptWith(alone);
        _targets = [.. LaneTree.MaximalSubtrees(wanted, lanes), .. alone.Select(TreeNode.Leaf)];
        var settled = new List<LanePartial>();
        foreach (var node in _open.Keys.ToList())
        {
            Settle(node, [Range.All], (partial, _) => settled.Add(partial));
        }

        return settled;
    }

    /// <summary>
    /// Takes a lane's gradient ([elements] float32, ownership included), which may hold anything. When that finishes a partial, tells of it once
    /// for each of the pieces, in their order and as soon as the piece is summed: it can travel while the rest is summed.
    /// </summary>
    /// <param name="pieces">Ranges that make up the whole vector.</param>
    public void Add(int lane, float[] gradient, double loss, IEnumerable<Range> pieces, Action<LanePartial, Range> finished)
    {
        if (!_held.Add(lane))
        {
            pool.Return(gradient);
            return;
        }

        var leaf = TreeNode.Leaf(lane);
        _open.Add(leaf, new LanePartial(leaf, gradient, loss));
        _unseen.Add(gradient, lane);
        if (!double.IsFinite(loss))
        {
            _notFinite.Add(lane);
        }

        Settle(leaf, pieces, finished);
    }

    /// <summary>Lanes with a loss or an element that is not finite, each once. All those of a partial are known when it is finished.</summary>
    public IReadOnlyList<int> TakeNotFinite()
    {
        if (_notFinite.Count == 0)
        {
            return [];
        }

        int[] lanesFound = [.. _notFinite];
        _notFinite.Clear();
        return lanesFound;
    }

    public void Clear()
    {
        foreach (var partial in _open.Values.Concat(_finished.Values))
        {
            pool.Return(partial.Sum);
        }

        _open.Clear();
        _finished.Clear();
        _unseen.Clear();
        _notFinite.Clear();
        _held = [];
        _targets = [];
    }

    private void Settle(TreeNode node, IEnumerable<Range> pieces, Action<LanePartial, Range> finished)
    {
        if (!_open.Remove(node, out var partial))
        {
            return;
        }

        var loss = partial.Loss;
        var siblings = new List<float[]>();
        while (!_targets.Contains(node) && _open.Remove(node.Sibling, out var sibling))
        {
            siblings.Add(sibling.Sum);
            loss = node.IsLeft ? loss + sibling.Loss : sibling.Loss + loss;
            node = node.Parent;
        }

        partial = new LanePartial(node, partial.Sum, loss);
        if (_targets.Contains(node))
        {
            _finished.Add(node, partial);
            foreach (var piece in pieces)
            {
                AddInOrder(partial.Sum, siblings, piece);
                finished(partial, piece);
            }
        }
        else
        {
            _open.Add(node, partial);
            if (siblings.Count == 0)
            {
                return;
            }

            AddInOrder(partial.Sum, siblings, Range.All);
        }

        siblings.Append(partial.Sum).ToList().ForEach(seen => _unseen.Remove(seen));
        siblings.ForEach(pool.Return);
    }

    // One pass over memory instead of one a level: a stretch stays in the cache while all siblings are added to it, lowest
    // level first. The sum of two floats does not depend on their order, so each level's bits are the tree's. Lanes are looked
    // at in the same pass, before they are lost in a sum: a pass of its own took as long as adding.
    private void AddInOrder(float[] sum, List<float[]> siblings, Range range)
    {
        var leaves = _unseen.Where(leaf => leaf.Key == sum || siblings.Contains(leaf.Key)).ToList();
        var (first, elements) = range.GetOffsetAndLength(sum.Length);
        for (var start = first; start < first + elements; start += CachedElements)
        {
            var length = Math.Min(CachedElements, first + elements - start);
            foreach (var (gradient, lane) in leaves)
            {
                if (!VectorMath.IsFinite(gradient.AsSpan(start, length)))
                {
                    _notFinite.Add(lane);
                }
            }

            foreach (var sibling in siblings)
            {
                VectorMath.Add(sum.AsSpan(start, length), sibling.AsSpan(start, length));
            }
        }
    }
}
