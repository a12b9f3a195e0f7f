namespace AtomGrains.Core.Data;

/// <summary>What became of the samples of one epoch. Each is counted once, or the audit has failed.</summary>
/// <param name="Committed">Samples of committed steps.</param>
/// <param name="Skipped">Samples of steps that were skipped, and are named in the ledger.</param>
/// <param name="Samples">Samples of an epoch; the last epoch of a run may have had fewer so far.</param>
public sealed record EpochAudit(long Epoch, long Committed, long Skipped, long Samples)
{
    public bool IsWhole => Committed + Skipped == Samples;
}
