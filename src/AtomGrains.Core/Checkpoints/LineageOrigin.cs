namespace AtomGrains.Core.Checkpoints;

/// <summary>
/// What a lineage begins from, if not from the seed (PROTOCOL R1): a complete checkpoint, and what its next decision
/// has to go on counting from. It stands in every view of the lineage.
/// </summary>
/// <param name="OptimizerCount">Updates applied before the checkpoint's step.</param>
/// <param name="SkipsInRow">Steps skipped right before it.</param>
public sealed record LineageOrigin(CheckpointId Checkpoint, long OptimizerCount, int SkipsInRow);
