using AtomGrains.Core.Data;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Runs;

namespace AtomGrains.Core.Checkpoints;

/// <summary>
/// What a checkpoint consists of. It is written last and created only if absent, when every slice is in the store: a
/// manifest that exists is complete.
/// </summary>
public sealed record CheckpointManifest
{
    public required Lineage Lineage { get; init; }

    /// <summary>The step whose parameters these are; every slice's.</summary>
    public required long Step { get; init; }

    /// <summary>Under which the manifest was made; slices may be of older generations of the lineage.</summary>
    public required Generation Generation { get; init; }

    /// <summary>The first sample that is yet to be trained on, as PROTOCOL R6 counts them.</summary>
    public required long DataPosition { get; init; }

    /// <summary>Updates applied before <see cref="Step"/>.</summary>
    public required long OptimizerCount { get; init; }

    /// <summary>Steps skipped right before <see cref="Step"/>.</summary>
    public required int SkipsInRow { get; init; }

    /// <summary>What decides bits, the seed included.</summary>
    public required RunSpec Spec { get; init; }

    /// <summary>In the order of their elements; together they cover the flat vector.</summary>
    public required IReadOnlyList<StoredSlice> Slices { get; init; }

    public CheckpointId Id => new(Lineage, Step);

    public LineageOrigin Origin => new(Id, OptimizerCount, SkipsInRow);

    /// <summary>Why this cannot be a checkpoint of the spec, in words; null when it can.</summary>
    /// <param name="elements">Length of the flat vector.</param>
    public string? Fault(int elements)
    {
        if (SamplePlan.PositionOf(Step, Spec.GlobalBatch) is var position && DataPosition != position)
        {
            return $"its data position {DataPosition} is not that of step {Step}, {position}";
        }

        var next = 0;
        foreach (var slice in Slices)
        {
            if (slice.FirstElement != next || slice.Elements < 1)
            {
                return $"its slices leave out or repeat element {next}";
            }

            next = checked(next + slice.Elements);
        }

        return next == elements ? null : $"its slices cover {next} elements of {elements}";
    }
}
