using AtomGrains.Core.Lanes;
using AtomGrains.Core.Runs;

namespace AtomGrains.Core.Parameters;

/// <summary>
/// The flat vector cut into fixed blocks, and the blocks into contiguous partitions. Block bounds do not depend on
/// the number of partitions; partitions start at block bounds.
/// </summary>
public sealed class PartitionLayout
{
    public PartitionLayout(int elements, int blockElements, int partitions)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(elements, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(blockElements, 1);
        Elements = elements;
        BlockElements = blockElements;
        Blocks = (int)ModelSize.Blocks(elements, blockElements);
        if (partitions < 1 || partitions > Blocks)
        {
            throw new ArgumentOutOfRangeException(nameof(partitions), partitions, $"must be from 1 to {Blocks}, the number of blocks");
        }

        Partitions = [.. Enumerable.Range(0, partitions).Select(Range)];

        PartitionRange Range(int partition)
        {
            var firstBlock = (int)((long)Blocks * partition / partitions);
            var endBlock = (int)((long)Blocks * (partition + 1) / partitions);
            var first = firstBlock * blockElements;
            var end = (int)Math.Min(elements, (long)endBlock * blockElements);
            return new PartitionRange(new PartitionId(partition), first, end - first, firstBlock, endBlock - firstBlock, blockElements);
        }
    }

    public int Elements { get; }

    public int BlockElements { get; }

    public int Blocks { get; }

    public IReadOnlyList<PartitionRange> Partitions { get; }

    /// <summary>The global sum of squares from the partitions' subtrees, in tree order over all blocks.</summary>
    public double SumOfSquares(IEnumerable<SubtreeSum> subtrees) =>
        LaneTree.Sum(subtrees.ToDictionary(subtree => subtree.Node, subtree => subtree.Value), Blocks);
}
