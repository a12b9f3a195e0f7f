using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;

namespace AtomGrains.Core.Protocol;

/// <summary>
/// Names a history: the digest of its last decision, which holds the digest of the one before. Data of a step is
/// accepted only by a replica of the same history (PROTOCOL R2).
/// </summary>
public readonly record struct DecisionDigest(ulong Value)
{
    /// <summary>The digest before the first decision of a lineage.</summary>
    public static DecisionDigest Genesis(Lineage lineage) => new(Bits.Mix(0x67656E65736973, (ulong)lineage.Began.Value));

    public override string ToString() => Value.ToString("x16");
}
