using AtomGrains.Core.Membership;

namespace AtomGrains.Core.Checkpoints;

/// <summary>Which checkpoint: the parameters before a step of one history. All slices of it are of that very step.</summary>
public readonly record struct CheckpointId(Lineage Lineage, long Step)
{
    public override string ToString() => $"step {Step} of {Lineage}";
}
