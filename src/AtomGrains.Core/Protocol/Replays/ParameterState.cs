using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol.Partitions;

namespace AtomGrains.Core.Protocol.Replays;

/// <summary>All that decides what comes after a version: parameters and moments, and what its next decision goes on counting from.</summary>
/// <param name="Content">[elements] float32 each.</param>
/// <param name="Version">The step to be computed on them.</param>
/// <param name="Origin">Null for the seed.</param>
public sealed record ParameterState(Lineage Lineage, long Version, LineageOrigin? Origin, SliceContent Content);
