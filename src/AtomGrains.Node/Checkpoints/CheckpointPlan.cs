using AtomGrains.Core.Checkpoints;

namespace AtomGrains.Node.Checkpoints;

/// <summary>What a user wants of checkpoints.</summary>
public sealed record CheckpointPlan
{
    public const string FolderName = "checkpoints";

    /// <summary>Null writes none; what is there can still be gone on from.</summary>
    public CheckpointOptions? Cadence { get; init; }

    /// <summary>Checkpoints that are kept.</summary>
    public int Keep { get; init; } = 3;

    /// <summary>A folder, or <c>az://container/prefix</c>; null is <see cref="FolderName"/> in the run folder.</summary>
    public string? Store { get; init; }

    /// <summary>The store's name for a run folder.</summary>
    public string StoreFor(string runFolder) => Store ?? Path.Combine(runFolder, FolderName);
}
