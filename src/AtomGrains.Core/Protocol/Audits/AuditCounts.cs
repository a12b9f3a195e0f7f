namespace AtomGrains.Core.Protocol.Audits;

/// <summary>Audited lanes of decided steps by what became of the comparison.</summary>
/// <param name="Equal">Computed on two devices with equal bits.</param>
/// <param name="Different">Bits differed, and others decided whose are wrong.</param>
/// <param name="Undecided">Bits differed, and nobody was there to decide.</param>
/// <param name="Unavailable">There was one worker, or the lane had ended somebody: computed once.</param>
public sealed record AuditCounts(long Equal = 0, long Different = 0, long Undecided = 0, long Unavailable = 0);
