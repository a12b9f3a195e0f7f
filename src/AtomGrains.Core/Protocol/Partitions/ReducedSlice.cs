using AtomGrains.Core.Parameters;

namespace AtomGrains.Core.Protocol.Partitions;

/// <summary>The mean gradient of one step over a partition's range ([elements] float32), its loss and its fingerprint.</summary>
public sealed record ReducedSlice(float[] Slice, double Loss, SliceDigest Digest)
{
    private List<SubtreeSum>? _sums;

    /// <summary>Sums of squares over the range whose slice this is; computed once, however often it is sealed.</summary>
    public IReadOnlyList<SubtreeSum> SumsOfSquares(PartitionRange range) => _sums ??= range.SumsOfSquares(Slice);
}
