using AtomGrains.Core.Lanes;

namespace AtomGrains.Core.Parameters;

/// <summary>One partition's place in the flat vector.</summary>
public sealed record PartitionRange(PartitionId Id, int FirstElement, int Elements, int FirstBlock, int Blocks, int BlockElements)
{
    /// <summary>Bounds of the partition in the flat vector.</summary>
    public Range Flat => FirstElement..(FirstElement + Elements);

    /// <summary>Bounds of the partition's block number <paramref name="block"/> (from 0), relative to the partition.</summary>
    public Range Block(int block)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)block, (uint)Blocks, nameof(block));
        var first = block * BlockElements;
        return first..(first + Math.Min(Elements - first, BlockElements));
    }

    /// <summary>Elements of the partition's block number <paramref name="block"/> (from 0); fewer in the last one.</summary>
    public int ElementsOf(int block) => Block(block).GetOffsetAndLength(Elements).Length;

    /// <summary>Sums of squares of <paramref name="slice"/> ([Elements] float32) by maximal aligned subtrees of the global blocks.</summary>
    public List<SubtreeSum> SumsOfSquares(ReadOnlySpan<float> slice)
    {
        var leaves = new Dictionary<TreeNode, double>();
        for (var block = 0; block < Blocks; block++)
        {
            leaves[TreeNode.Leaf(FirstBlock + block)] = BlockNorm.SumOfSquares(slice[Block(block)]);
        }

        return [.. LaneTree.CoverRange(FirstBlock, FirstBlock + Blocks).Select(node => new SubtreeSum(node, SumBelow(node, leaves)))];
    }

    private static double SumBelow(TreeNode node, Dictionary<TreeNode, double> leaves) =>
        node.Level == 0 ? leaves[node] : SumBelow(node.Left, leaves) + SumBelow(node.Right, leaves);
}
