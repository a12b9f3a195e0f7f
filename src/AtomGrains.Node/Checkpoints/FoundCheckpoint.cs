using AtomGrains.Node.Storage.Checkpoints;

namespace AtomGrains.Node.Checkpoints;

/// <summary>The newest checkpoint of a store that is whole and not void, read back to its last byte.</summary>
/// <param name="File">Null when there is none.</param>
/// <param name="PassedOver">Newer ones, and what is wrong with each.</param>
public sealed record FoundCheckpoint(ManifestFile? File, IReadOnlyList<(Core.Checkpoints.CheckpointId Checkpoint, CheckpointFault Fault)> PassedOver)
{
    /// <summary>One line for each checkpoint that was passed over.</summary>
    public IEnumerable<string> Notes => PassedOver.Select(passed => $"the checkpoint of {passed.Checkpoint} is not whole ({passed.Fault}): going back to the one before");
}
