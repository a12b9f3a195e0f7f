using AtomGrains.Core.Parameters;

namespace AtomGrains.Core.Protocol;

/// <summary>The state of one recorded replica on adopting a view.</summary>
/// <param name="Version">The step whose parameters it holds.</param>
/// <param name="HoldsReduced">Whether it holds the reduced slice of step <paramref name="Version"/>.</param>
/// <param name="Last">Its last decision; null at the start of a lineage.</param>
public sealed record ReplicaReport(PartitionId Partition, long Version, bool HoldsReduced, Decision? Last);
