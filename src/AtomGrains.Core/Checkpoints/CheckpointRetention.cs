using AtomGrains.Core.Protocol;

namespace AtomGrains.Core.Checkpoints;

/// <summary>Which checkpoints of a run may go. Pure: who asks does the deleting, the manifest first.</summary>
public static class CheckpointRetention
{
    /// <summary>
    /// All but the newest <paramref name="keep"/> that are not void, and but the one that the newest lineage came from:
    /// that one stays until a newer one of this lineage, which is kept, is verified.
    /// </summary>
    /// <param name="isVerified">Whether a checkpoint's objects were read back and found whole; asked of few.</param>
    public static IReadOnlyList<CheckpointId> Collectable(
        IReadOnlyCollection<CheckpointId> checkpoints, LineageHistory history, int keep, ProtocolRules rules, Func<CheckpointId, bool> isVerified)
    {
        var surviving = history.Candidates(checkpoints);
        var kept = surviving.Take(Math.Max(1, keep)).ToList();
        var origin = history.NewestOrigin?.Checkpoint;
        return
        [
            .. checkpoints.Where(history.IsVoid),
            .. surviving.Where(checkpoint => rules.MayCollect(kept.Contains(checkpoint), checkpoint == origin, () =>
                kept.Exists(other => other.Lineage.Began > checkpoint.Lineage.Began && isVerified(other)))),
        ];
    }

    /// <summary>
    /// Whether a slice that no manifest names will never be named by one: a newer checkpoint is complete, so nobody waits
    /// for this one any more.
    /// </summary>
    /// <param name="newest">The newest complete checkpoint that is not void.</param>
    public static bool IsGarbage(CheckpointId slice, CheckpointId newest) =>
        slice.Lineage.Began < newest.Lineage.Began || (slice.Lineage == newest.Lineage && slice.Step <= newest.Step);

    /// <summary>The order in which checkpoints that are not void are preferred: the last one is the newest.</summary>
    public static Comparer<CheckpointId> Newest { get; } = Comparer<CheckpointId>.Create((left, right) =>
        (left.Step, left.Lineage.Began).CompareTo((right.Step, right.Lineage.Began)));
}
