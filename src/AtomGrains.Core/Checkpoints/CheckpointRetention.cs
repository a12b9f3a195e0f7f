using AtomGrains.Core.Protocol;

namespace AtomGrains.Core.Checkpoints;

/// <summary>Which checkpoints of a run may go. Pure: who asks does the deleting, the manifest first.</summary>
public static class CheckpointRetention
{
    /// <summary>
    /// All but the newest <paramref name="keep"/> that are not void, and but the one that the newest lineage came from:
    /// that one stays until a newer one of this lineage is verified.
    /// </summary>
    /// <param name="isVerified">Whether a checkpoint's objects were read back and found whole; asked of few.</param>
    public static IReadOnlyList<CheckpointId> Collectable(
        IReadOnlyCollection<CheckpointId> checkpoints, LineageHistory history, int keep, ProtocolRules rules, Func<CheckpointId, bool> isVerified)
    {
        var surviving = history.Candidates(checkpoints).ToList();
        var origin = history.NewestOrigin?.Checkpoint;
        return
        [
            .. checkpoints.Where(history.IsVoid),
            .. surviving.Skip(Math.Max(1, keep)).Where(checkpoint => checkpoint != origin || rules.MayCollectOrigin(() =>
                surviving.Exists(other => other.Lineage.Began > checkpoint.Lineage.Began && other.Step > checkpoint.Step && isVerified(other)))),
        ];
    }

    /// <summary>The order in which checkpoints that are not void are preferred: the last one is the newest.</summary>
    public static Comparer<CheckpointId> Newest { get; } = Comparer<CheckpointId>.Create((left, right) =>
        (left.Step, left.Lineage.Began).CompareTo((right.Step, right.Lineage.Began)));
}
