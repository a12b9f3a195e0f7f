using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol.Partitions;

namespace AtomGrains.Simulator;

/// <summary>An object of the store, and what it truly is.</summary>
internal sealed class SimulatedObject(CheckpointId version, PartitionRange range, SliceContent content, TimeSpan at)
{
    public CheckpointId Version { get; } = version;

    public PartitionRange Range { get; } = range;

    public SliceContent Content { get; } = content;

    public TimeSpan At { get; } = at;

    public bool IsTorn { get; set; }
}
