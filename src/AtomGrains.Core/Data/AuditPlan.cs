namespace AtomGrains.Core.Data;

/// <summary>
/// Which lanes are audited (PROTOCOL R7): a pure function of the seed and the step, so that no node has to be told and
/// a lane computed again after a fault is audited again. It decides no bit: an audited lane is the same lane, computed twice.
/// </summary>
/// <param name="Share">Of all lanes, from 0 (none) to 1 (every lane).</param>
public readonly record struct AuditPlan(ulong Seed, double Share)
{
    // As many bits as a double counts without rounding.
    private const int Resolution = 53;

    public bool IsAudited(long step, int lane) =>
        Share > 0 && KeyedHash.Of(Seed, HashDomain.Audit, (ulong)step, (ulong)lane) >> (64 - Resolution) < Share * (1L << Resolution);
}
