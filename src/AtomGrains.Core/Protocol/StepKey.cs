using AtomGrains.Core.Membership;

namespace AtomGrains.Core.Protocol;

/// <summary>Which step of which history data belongs to (PROTOCOL R2).</summary>
/// <param name="Previous">Digest of the decision before this step.</param>
public readonly record struct StepKey(Lineage Lineage, long Step, DecisionDigest Previous);
