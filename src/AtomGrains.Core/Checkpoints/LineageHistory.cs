using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol;

namespace AtomGrains.Core.Checkpoints;

/// <summary>
/// The lineages of a run in the order in which they began, and what survives of each: the steps before the fork of every
/// later one. A lineage that began from the seed leaves nothing of those before it.
/// </summary>
public sealed class LineageHistory(ProtocolRules rules)
{
    private readonly SortedDictionary<Generation, LineageOrigin?> _lineages = [];

    /// <summary>The history that a register tells.</summary>
    public static LineageHistory Of(IEnumerable<View> views, ProtocolRules rules)
    {
        var history = new LineageHistory(rules);
        foreach (var view in views)
        {
            history.Add(view);
        }

        return history;
    }

    public void Add(View view) => _lineages[view.Lineage.Began] = view.Origin;

    /// <summary>The newest lineage's origin; null when that began from the seed, or there is no lineage.</summary>
    public LineageOrigin? NewestOrigin => _lineages.Count == 0 ? null : _lineages.Last().Value;

    /// <summary>Whether a checkpoint is of a step that a later lineage has given up.</summary>
    public bool IsVoid(CheckpointId checkpoint) => rules.IsVoid(
        checkpoint, _lineages.Where(lineage => lineage.Key > checkpoint.Lineage.Began).Select(lineage => lineage.Value?.Checkpoint.Step ?? 0));

    /// <summary>The checkpoints that a run may go on from, the newest first.</summary>
    public IReadOnlyList<CheckpointId> Candidates(IEnumerable<CheckpointId> checkpoints) =>
        [.. checkpoints.Where(checkpoint => !IsVoid(checkpoint)).OrderDescending(CheckpointRetention.Newest)];
}
