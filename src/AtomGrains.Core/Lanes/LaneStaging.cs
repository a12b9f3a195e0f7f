using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;

namespace AtomGrains.Core.Lanes;

/// <summary>
/// What a partition has received of one step: disjoint tree nodes, each with its slice. An ancestor replaces its
/// descendants; an equal or a descendant is dropped. Siblings are added as soon as both are here, so that few buffers are
/// needed and little is left to add when the last lane comes. Complete when the nodes cover every lane.
/// </summary>
public sealed class LaneStaging(int lanes, FloatPool pool, ProtocolRules rules)
{
    private readonly SortedDictionary<TreeNode, Staged> _nodes = [];
    private int _covered;

    public bool IsComplete => rules.IsComplete(_covered, lanes);

    public IEnumerable<TreeNode> Nodes => _nodes.Keys;

    /// <summary>Partials that were dropped as equal, contained or replaced, since the start.</summary>
    public long Dropped { get; private set; }

    /// <summary>Copies or adds <paramref name="slice"/> if its lanes are wanted.</summary>
    /// <param name="by">Who computed it; null where it may stay whoever turns out to be wrong, or be taken out alone.</param>
    public StagingResult Offer(TreeNode node, ReadOnlySpan<float> slice, double loss, NodeId? by = null)
    {
        if (_nodes.Where(staged => staged.Key.Covers(node)).Select(staged => staged.Value).FirstOrDefault() is { } covering)
        {
            Dropped++;
            if (rules.AddsDuplicates)
            {
                VectorMath.Add(covering.Sum, slice);
            }

            return StagingResult.Duplicate;
        }

        var below = _nodes.Keys.Where(node.Covers).ToList();
        if (below.Count > 0 && rules.DropsOverlappingAncestor)
        {
            Dropped++;
            return StagingResult.Duplicate;
        }

        foreach (var descendant in below)
        {
            Remove(descendant);
            Dropped++;
        }

        _covered += node.LaneCount;
        Add(node, slice, loss, by);
        return below.Count > 0 ? StagingResult.ReplacedDescendants : StagingResult.Accepted;
    }

    /// <summary>The fewest nodes that cover the lanes not yet here.</summary>
    public List<TreeNode> Missing()
    {
        var missing = Enumerable.Range(0, lanes).Where(lane => !_nodes.Keys.Any(node => node.CoversLane(lane))).ToHashSet();
        return LaneTree.MaximalSubtrees(missing, lanes);
    }

    /// <summary>
    /// The mean over lanes of gradients and losses, summed in tree order. The buffer is the caller's; the staging
    /// is empty afterwards.
    /// </summary>
    public (float[] Mean, double Loss) Reduce()
    {
        var (sum, loss) = Sum(LaneTree.Root(lanes)) ?? throw new InvalidOperationException("nothing is staged");
        VectorMath.Scale(sum, 1f / lanes);
        _nodes.Clear();
        _covered = 0;
        return (sum, loss / lanes);
    }

    /// <summary>Takes out what was computed by nodes that are trusted no more: a sum that holds any of it goes whole.</summary>
    public void RemoveOf(Predicate<NodeId> isWrong)
    {
        foreach (var node in _nodes.Where(entry => entry.Value.By.Any(by => isWrong(by))).Select(entry => entry.Key).ToList())
        {
            Remove(node);
        }
    }

    /// <summary>Takes out exactly this node, if it is there; only one that was offered as nobody's is there by itself.</summary>
    public void Take(TreeNode node)
    {
        if (_nodes.ContainsKey(node))
        {
            Remove(node);
        }
    }

    public void Clear()
    {
        foreach (var node in _nodes.Keys.ToList())
        {
            Remove(node);
        }
    }

    // The sum of two floats does not depend on their order, so what comes second is added to what came first, and the bits
    // are the tree's.
    private void Add(TreeNode node, ReadOnlySpan<float> slice, double loss, NodeId? by)
    {
        if (by is not { } known)
        {
            _nodes.Add(node, new Staged(Copy(slice), loss, []));
            return;
        }

        Staged sum;
        if (TakeSibling(node) is { } sibling)
        {
            VectorMath.Add(sibling.Sum, slice);
            sum = sibling.With(loss, [known], isLeft: node.IsLeft);
            node = node.Parent;
        }
        else
        {
            sum = new Staged(Copy(slice), loss, [known]);
        }

        while (TakeSibling(node) is { } next)
        {
            VectorMath.Add(next.Sum, sum.Sum);
            pool.Return(sum.Sum);
            sum = next.With(sum.Loss, sum.By, isLeft: node.IsLeft);
            node = node.Parent;
        }

        _nodes.Add(node, sum);
    }

    private Staged? TakeSibling(TreeNode node) =>
        _nodes.TryGetValue(node.Sibling, out var sibling) && sibling.By.Length > 0 && _nodes.Remove(node.Sibling) ? sibling : null;

    private float[] Copy(ReadOnlySpan<float> slice)
    {
        var copy = pool.Rent(slice.Length);
        slice.CopyTo(copy);
        return copy;
    }

    private (float[] Sum, double Loss)? Sum(TreeNode node)
    {
        if (_nodes.TryGetValue(node, out var partial))
        {
            return (partial.Sum, partial.Loss);
        }

        if (node.Level == 0)
        {
            return null;
        }

        var left = Sum(node.Left);
        var right = Sum(node.Right);
        if (left is null || right is null)
        {
            return left ?? right;
        }

        VectorMath.Add(left.Value.Sum, right.Value.Sum);
        pool.Return(right.Value.Sum);
        return (left.Value.Sum, left.Value.Loss + right.Value.Loss);
    }

    private void Remove(TreeNode node)
    {
        _covered -= node.LaneCount;
        pool.Return(_nodes[node].Sum);
        _nodes.Remove(node);
    }

    /// <param name="By">All who computed part of it; none for what is never added to others before the end.</param>
    private sealed record Staged(float[] Sum, double Loss, NodeId[] By)
    {
        // The sums are added by now. Losses are added in the tree's order: one that is not a number passes on its bits, which
        // are in the metrics.
        public Staged With(double loss, NodeId[] by, bool isLeft) => new(Sum, isLeft ? loss + Loss : Loss + loss, [.. By, .. by]);
    }
}
