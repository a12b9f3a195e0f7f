using AtomGrains.Core.Lanes;
using AtomGrains.Core.Parameters;

namespace AtomGrains.Core.Protocol;

/// <summary>
/// Hashes of a partition's parameters at one version, as text that both encodings of control messages carry: of whole
/// subtrees for the root, and the beginnings of the blocks' own for finding a block that differs.
/// </summary>
/// <param name="Subtrees">Base64 of the hashes of the partition's maximal aligned subtrees, in block order.</param>
/// <param name="Leaves">Base64 of the first <see cref="LeafBytes"/> bytes of each block's hash; null for a model with more than <see cref="MostLeaves"/> blocks.</param>
public sealed record PartitionProof(string Subtrees, string? Leaves)
{
    /// <summary>Enough to tell two blocks apart; what a run proves hangs on the root alone.</summary>
    public const int LeafBytes = 8;

    /// <summary>Blocks of a model whose leaves are reported: 32 KiB a step.</summary>
    public const int MostLeaves = 4096;

    /// <param name="leaves">Of the range's blocks, in order.</param>
    /// <param name="blocks">Of the whole model.</param>
    public static PartitionProof Of(PartitionRange range, IReadOnlyList<Sha256> leaves, int blocks)
    {
        var hashes = BlockTree.Subtrees(range.FirstBlock, leaves);
        var subtrees = new byte[hashes.Count * Sha256.Bytes];
        for (var i = 0; i < hashes.Count; i++)
        {
            hashes[i].Write(subtrees.AsSpan(i * Sha256.Bytes));
        }

        return new PartitionProof(Convert.ToBase64String(subtrees), blocks > MostLeaves ? null : Convert.ToBase64String(Beginnings(leaves)));
    }

    /// <summary>The beginnings of leaves' hashes, as they are reported and kept.</summary>
    public static byte[] Beginnings(IReadOnlyList<Sha256> leaves)
    {
        var bytes = new byte[leaves.Count * LeafBytes];
        Span<byte> whole = stackalloc byte[Sha256.Bytes];
        for (var i = 0; i < leaves.Count; i++)
        {
            leaves[i].Write(whole);
            whole[..LeafBytes].CopyTo(bytes.AsSpan(i * LeafBytes));
        }

        return bytes;
    }

    /// <summary>The subtrees' hashes with their places.</summary>
    /// <exception cref="FormatException">Not what <see cref="Of"/> made for this range.</exception>
    public IEnumerable<KeyValuePair<TreeNode, Sha256>> SubtreesOf(PartitionRange range)
    {
        var bytes = Convert.FromBase64String(Subtrees);
        var nodes = LaneTree.CoverRange(range.FirstBlock, range.FirstBlock + range.Blocks);
        return bytes.Length == nodes.Count * Sha256.Bytes
            ? nodes.Select((node, i) => KeyValuePair.Create(node, Sha256.Read(bytes.AsSpan(i * Sha256.Bytes))))
            : throw new FormatException($"{range.Id}: {bytes.Length} bytes of hashes for {nodes.Count} subtrees");
    }
}
