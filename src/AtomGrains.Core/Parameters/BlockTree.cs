using AtomGrains.Core.Lanes;

namespace AtomGrains.Core.Parameters;

/// <summary>
/// The Merkle tree of RFC 6962 over the blocks of the flat vector, in block order: a node without a right child is its
/// left one. Its nodes are those of the tree by which sums of squares are combined, so a partition hashes its own blocks
/// and reports few hashes, and the root does not depend on how blocks are spread over partitions.
/// </summary>
public static class BlockTree
{
    /// <summary>The hash of everything, from the hashes of disjoint whole subtrees that cover all blocks.</summary>
    /// <exception cref="ArgumentException">A block is not covered.</exception>
    public static Sha256 Root(IReadOnlyDictionary<TreeNode, Sha256> subtrees, int blocks)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(blocks, 1);
        return HashOf(LaneTree.Root((int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)blocks)), subtrees, blocks);
    }

    /// <param name="leaves">Of all blocks, in order.</param>
    public static Sha256 Root(IReadOnlyList<Sha256> leaves) =>
        Root(leaves.Select((leaf, block) => (leaf, block)).ToDictionary(entry => TreeNode.Leaf(entry.block), entry => entry.leaf), leaves.Count);

    /// <summary>The hashes of the fewest whole subtrees over a range of blocks, in block order.</summary>
    /// <param name="leaves">Of the blocks from <paramref name="firstBlock"/> on.</param>
    public static IReadOnlyList<Sha256> Subtrees(int firstBlock, IReadOnlyList<Sha256> leaves)
    {
        var known = leaves.Select((leaf, index) => (leaf, index)).ToDictionary(entry => TreeNode.Leaf(firstBlock + entry.index), entry => entry.leaf);
        var end = firstBlock + leaves.Count;
        return [.. LaneTree.CoverRange(firstBlock, end).Select(node => HashOf(node, known, end))];
    }

    private static Sha256 HashOf(TreeNode node, IReadOnlyDictionary<TreeNode, Sha256> known, int blocks)
    {
        if (known.TryGetValue(node, out var hash))
        {
            return hash;
        }

        if (node.Level == 0)
        {
            throw new ArgumentException($"block {node.Index} has no hash", nameof(known));
        }

        var left = HashOf(node.Left, known, blocks);
        return node.Right.FirstLane >= blocks ? left : Sha256.OfNode(left, HashOf(node.Right, known, blocks));
    }
}
