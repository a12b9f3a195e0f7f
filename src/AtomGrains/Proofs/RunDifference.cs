using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using AtomGrains.Node.Storage;

namespace AtomGrains.Proofs;

/// <summary>Where two runs begin to differ.</summary>
/// <param name="Step">The first step after which they do; -1 where they began with other parameters.</param>
/// <param name="What">What differs there: <c>root</c>, <c>loss</c>, or <c>initial parameters</c>.</param>
/// <param name="Blocks">Numbers of the blocks that differ after that step, in order; null where the hashes of blocks are not there.</param>
/// <param name="BlocksOfModel">How many there are; 0 where that is not known.</param>
internal sealed record RunDifference(long Step, string What, string? Left, string? Right, IReadOnlyList<int>? Blocks, int BlocksOfModel)
{
    /// <summary>Null when all steps that both have are equal.</summary>
    public static RunDifference? Find(string left, SurvivingHistory leftHistory, string right, SurvivingHistory rightHistory)
    {
        var (initial, ofModel) = BlocksOf(left, leftHistory, right, rightHistory, version: 0);
        if (initial is { Count: > 0 })
        {
            return new RunDifference(-1, "initial parameters", null, null, initial, ofModel);
        }

        foreach (var (step, line) in leftHistory.Lines)
        {
            if (!rightHistory.Lines.TryGetValue(step, out var other))
            {
                continue;
            }

            var hasRoots = line.Root is not null && other.Root is not null;
            if (hasRoots && line.Root != other.Root)
            {
                var (blocks, all) = BlocksOf(left, leftHistory, right, rightHistory, step + 1);
                return new RunDifference(step, "root", line.Root, other.Root, blocks, all);
            }

            if (line.LossBits != other.LossBits)
            {
                return new RunDifference(step, "loss", line.LossBits, other.LossBits, null, 0);
            }
        }

        return null;
    }

    /// <summary>The partition of a run in which a block lies.</summary>
    public static PartitionId PartitionOf(int block, int blocks, int partitions) =>
        new PartitionLayout(blocks, 1, partitions).Partitions.First(range => block < range.FirstBlock + range.Blocks).Id;

    // Blocks whose hashes begin otherwise at a version, and how many blocks there are.
    private static (List<int>? Differing, int All) BlocksOf(string left, SurvivingHistory leftHistory, string right, SurvivingHistory rightHistory, long version)
    {
        if (LeavesOf(left, leftHistory, version) is not { } one || LeavesOf(right, rightHistory, version) is not { } other || one.Length != other.Length)
        {
            return (null, 0);
        }

        var all = one.Length / PartitionProof.LeafBytes;
        return ([.. Enumerable.Range(0, all).Where(block =>
            !one.AsSpan(block * PartitionProof.LeafBytes, PartitionProof.LeafBytes).SequenceEqual(other.AsSpan(block * PartitionProof.LeafBytes, PartitionProof.LeafBytes)))], all);
    }

    // Proven with the step before it, or, where a history begins at a checkpoint, with the one after it.
    private static byte[]? LeavesOf(string folder, SurvivingHistory history, long version) =>
        new[] { version - 1, version }.Where(history.Lines.ContainsKey).Select(step => history.Lines[step].Lineage).Distinct()
            .Select(lineage => LeafSegments.Find(folder, lineage, version)).FirstOrDefault(leaves => leaves is not null);
}
