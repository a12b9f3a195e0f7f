using System.Numerics;

namespace AtomGrains.Core.Lanes;

/// <summary>
/// The balanced binary tree over a power-of-two number of leaves. Sums along it do not depend on who
/// computed which leaf, since every partial sum is the sum of one whole node.
/// </summary>
public static class LaneTree
{
    public static TreeNode Root(int leaves)
    {
        if (!BitOperations.IsPow2(leaves))
        {
            throw new ArgumentOutOfRangeException(nameof(leaves), leaves, "the number of leaves must be a power of two");
        }

        return new TreeNode(BitOperations.Log2((uint)leaves), 0);
    }

    /// <summary>The fewest nodes that cover exactly <paramref name="lanes"/>, in lane order.</summary>
    public static List<TreeNode> MaximalSubtrees(IReadOnlySet<int> lanes, int leaves)
    {
        var nodes = new List<TreeNode>();
        Collect(Root(leaves), lanes, nodes);
        return nodes;
    }

    /// <summary>The fewest nodes that cover exactly the leaves from <paramref name="first"/> up to <paramref name="end"/>.</summary>
    public static List<TreeNode> CoverRange(int first, int end)
    {
        var nodes = new List<TreeNode>();
        while (first < end)
        {
            var level = first == 0 ? 30 : BitOperations.TrailingZeroCount(first);
            while (1L << level > end - first)
            {
                level--;
            }

            nodes.Add(new TreeNode(level, first >> level));
            first += 1 << level;
        }

        return nodes;
    }

    /// <summary>
    /// Sums doubles in tree order from disjoint nodes; leaves that no node covers count as zero, so a tree over
    /// any number of leaves is the one over the next power of two.
    /// </summary>
    public static double Sum(IReadOnlyDictionary<TreeNode, double> values, int leaves)
    {
        var root = Root((int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(leaves, 1)));
        return Sum(root, values, leaves);
    }

    private static double Sum(TreeNode node, IReadOnlyDictionary<TreeNode, double> values, int leaves)
    {
        if (values.TryGetValue(node, out var value))
        {
            return value;
        }

        return node.Level == 0 || node.FirstLane >= leaves ? 0 : Sum(node.Left, values, leaves) + Sum(node.Right, values, leaves);
    }

    // Returns whether the whole node is covered; a covered node is left to its parent to add.
    private static bool Collect(TreeNode node, IReadOnlySet<int> lanes, List<TreeNode> nodes)
    {
        var root = nodes.Count;
        if (node.Level == 0)
        {
            if (!lanes.Contains(node.Index))
            {
                return false;
            }

            nodes.Add(node);
            return true;
        }

        var left = Collect(node.Left, lanes, nodes);
        var right = Collect(node.Right, lanes, nodes);
        if (!(left && right))
        {
            return false;
        }

        nodes.RemoveRange(root, nodes.Count - root);
        nodes.Add(node);
        return true;
    }
}
