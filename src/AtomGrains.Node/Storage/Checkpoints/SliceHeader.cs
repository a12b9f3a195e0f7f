using AtomGrains.Core.Protocol;

namespace AtomGrains.Node.Storage.Checkpoints;

/// <summary>
/// What a slice file is, in front of its numbers. A slice of a checkpoint has no reduced slice; one that a node leaves
/// behind when it ends without a coordinator may have.
/// </summary>
public sealed record SliceHeader
{
    public const int CurrentFormat = 1;

    public int Format { get; init; } = CurrentFormat;

    public required long Lineage { get; init; }

    /// <summary>The step whose parameters these are.</summary>
    public required long Step { get; init; }

    /// <summary>Of the view under which it was written.</summary>
    public required long Generation { get; init; }

    public required int Partition { get; init; }

    /// <summary>Of the flat vector.</summary>
    public required int FirstElement { get; init; }

    public required int Elements { get; init; }

    /// <summary>The decision before <see cref="Step"/>; null at the start of a lineage.</summary>
    public Decision? Last { get; init; }

    /// <summary>Loss of the reduced slice that follows the moments; null when none follows.</summary>
    public double? ReducedLoss { get; init; }
}
