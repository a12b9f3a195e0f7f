using AtomGrains.Core.Lanes;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;

namespace AtomGrains.Core.Protocol.Messages;

/// <summary>
/// Node to node. Slices are borrowed: a sender's host copies them out before the sending machine's next event, a
/// receiver copies what it keeps before it returns.
/// </summary>
public abstract record TensorMessage(PartitionId Partition, Generation Generation) : Message;

/// <summary>A message with a slice of a vector.</summary>
/// <param name="Slice">float32; each message says which, and how many.</param>
public abstract record SliceMessage(PartitionId Partition, Generation Generation, ReadOnlyMemory<float> Slice) : TensorMessage(Partition, Generation)
{
    /// <summary>The same with a slice of its own, for whoever keeps it longer than it is borrowed.</summary>
    public SliceMessage Copy() => this with { Slice = Slice.ToArray() };
}

/// <summary>Worker to primary: the sum of the lanes below <paramref name="Node"/> over the partition's range ([elements] float32).</summary>
/// <param name="By">
/// Who computed it, whoever it came from. An incarnation of a node computes a lane of a step in one way, so this says which
/// attempt it is as well.
/// </param>
public sealed record Push(PartitionId Partition, Generation Generation, StepKey Key, TreeNode Node, double Loss, ReadOnlyMemory<float> Slice, NodeId By = default)
    : SliceMessage(Partition, Generation, Slice);

/// <summary>
/// Primary to worker: send what covers these lanes of the step at hand, or compute it. An audited lane is asked of others than
/// its owner, too.
/// </summary>
public sealed record Want(PartitionId Partition, Generation Generation, StepKey Key, IReadOnlyList<TreeNode> Nodes)
    : TensorMessage(Partition, Generation);

/// <summary>Worker to worker, on no partition's behalf.</summary>
public abstract record WorkerMessage(Generation Generation) : TensorMessage(default, Generation);

/// <summary>An idle worker to another: I have computed my lanes of this step, hand me some of yours.</summary>
public sealed record LaneAsked(Generation Generation, StepKey Key) : WorkerMessage(Generation);

/// <summary>The answer: these lanes of the step are yours to compute and push; none when there is none to spare.</summary>
public sealed record LanesHandedOver(Generation Generation, StepKey Key, IReadOnlyList<int> Lanes) : WorkerMessage(Generation);

/// <summary>Worker to primary: send the parameters as soon as they are of version <paramref name="AtLeast"/> or newer.</summary>
public sealed record Pull(PartitionId Partition, Generation Generation, Lineage Lineage, long AtLeast)
    : TensorMessage(Partition, Generation);

/// <summary>Primary to worker: parameters before step <c>Key.Step</c> ([elements] float32).</summary>
public sealed record ParameterSlice(PartitionId Partition, Generation Generation, StepKey Key, ReadOnlyMemory<float> Slice)
    : SliceMessage(Partition, Generation, Slice);

/// <summary>Primary to backup and joiner: the reduced gradient of a step ([elements] float32).</summary>
public sealed record Reduced(PartitionId Partition, Generation Generation, StepKey Key, double Loss, ReadOnlyMemory<float> Slice)
    : SliceMessage(Partition, Generation, Slice);

/// <summary>
/// Backup or joiner to primary: holds the reduced slice with this digest, and, as a backup at that step, parameters with the
/// other one.
/// </summary>
public sealed record ReducedHeld(PartitionId Partition, Generation Generation, StepKey Key, SliceDigest Digest, SliceDigest? Parameters = null)
    : TensorMessage(Partition, Generation);

/// <summary>Joiner to primary: blocks that it lacks; a few at a time, and no more than its budget allows. Empty: it holds all of <paramref name="Version"/>.</summary>
public sealed record FillWanted(PartitionId Partition, Generation Generation, long? Version, bool HoldsReduced, IReadOnlyList<int> Blocks)
    : TensorMessage(Partition, Generation);

/// <summary>Primary to joiner: one block (parameters, first and second moment, [3 × block] float32) at the primary's version.</summary>
public sealed record FillBlock(PartitionId Partition, Generation Generation, StepKey Key, Decision? Last, int Block, ReadOnlyMemory<float> Slice)
    : SliceMessage(Partition, Generation, Slice)
{
    /// <summary>Length of the slice for a block of so many elements.</summary>
    public static long Floats(int blockElements) => 3L * blockElements;
}

/// <summary>Receiver to sender of a push, pull, reduced slice or fill request: not taken, and why.</summary>
public sealed record Refused(PartitionId Partition, Generation Generation, Refusal Reason, long Step)
    : TensorMessage(Partition, Generation);
