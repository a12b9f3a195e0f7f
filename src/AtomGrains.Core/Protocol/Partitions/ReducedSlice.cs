using AtomGrains.Core.Parameters;

namespace AtomGrains.Core.Protocol.Partitions;

/// <summary>The mean gradient of one step over a partition's range ([elements] float32), its loss and its fingerprint.</summary>
public sealed record ReducedSlice(float[] Slice, double Loss, SliceDigest Digest);
