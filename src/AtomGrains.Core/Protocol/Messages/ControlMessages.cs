using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Lanes;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol.Audits;

namespace AtomGrains.Core.Protocol.Messages;

/// <summary>Small messages between the coordinator and the nodes; they never carry tensors.</summary>
public abstract record ControlMessage : Message;

/// <summary>Coordinator to node: take up this recorded view.</summary>
public sealed record AdoptView(View View) : ControlMessage;

/// <summary>Coordinator to node: I don't know you; say who you are.</summary>
public sealed record Introduce : ControlMessage;

/// <summary>Coordinator to node: what becomes of a step.</summary>
/// <param name="ViewFollows">Whether the next view is recorded and comes right behind: what is sent under this one would be refused.</param>
public sealed record Decide(Generation Generation, Decision Decision, bool ViewFollows = false) : ControlMessage;

/// <summary>
/// Coordinator to worker: this is the step at hand. A worker that is ahead of it, since the only replicas that knew
/// its decision are lost, goes back: the step's evaluation is needed again.
/// </summary>
public sealed record ReturnToStep(Generation Generation, Lineage Lineage, long Step) : ControlMessage;

/// <summary>Coordinator to node: the step is late; say what you wait for.</summary>
public sealed record SayWhatYouWaitFor(Generation Generation) : ControlMessage;

/// <summary>
/// Node to coordinator: lanes its primaries lack, replicas whose acknowledgements they lack, parameters its worker lacks, and
/// workers whose leaves of audited lanes its primaries lack.
/// </summary>
public sealed record WaitsFor(
    Generation Generation, IReadOnlyList<TreeNode> Lanes, IReadOnlyList<NodeId> Replicas, IReadOnlyList<PartitionId> Parameters, IReadOnlyList<NodeId>? Auditors = null) : ControlMessage;

/// <summary>Coordinator to node: you are in no view any more; drop everything.</summary>
public sealed record Dismiss(Generation Generation, DismissReason Reason) : ControlMessage;

/// <summary>Coordinator to one worker that holds the final parameters: write them out.</summary>
public sealed record ExportWeights(Generation Generation, Lineage Lineage, long Version) : ControlMessage;

/// <summary>Node to coordinator: ready to take lanes and partitions.</summary>
public sealed record NodeReady(string Address, int Slot, string Host = "") : ControlMessage;

/// <summary>Node to coordinator: alive, with the counters of this incarnation so far.</summary>
public sealed record Heartbeat(Generation Generation, NodeCounters Counters) : ControlMessage;

/// <summary>Node to coordinator: took up a view; the state of its recorded replicas.</summary>
public sealed record Adopted(Generation Generation, IReadOnlyList<ReplicaReport> Replicas) : ControlMessage;

/// <summary>Node to coordinator: all primaries of this node have sealed the step.</summary>
public sealed record Sealed(Generation Generation, Lineage Lineage, IReadOnlyList<PartitionSeal> Seals) : ControlMessage;

/// <summary>Primary's node to coordinator: the joiner named in this generation holds everything.</summary>
public sealed record JoinerInSync(Generation Generation, PartitionId Partition, NodeId Joiner) : ControlMessage;

/// <summary>Primary's node to coordinator: the backup's parameters of this version have other bits, and nobody knows whose are right.</summary>
public sealed record ReplicasDiffer(Generation Generation, PartitionId Partition, NodeId Backup, long Version) : ControlMessage;

/// <summary>
/// Primary's node to coordinator: workers have computed an audited lane with other bits (PROTOCOL R7). Where two agree, the
/// others are wrong; where none do and nobody is left to ask, nobody is called so, and the step waits.
/// </summary>
public sealed record LaneDisputed(Generation Generation, PartitionId Partition, StepKey Key, int Lane, IReadOnlyList<LeafVote> Votes) : ControlMessage;

/// <summary>Node to coordinator: the mean loss of one validation batch under the parameters of a version.</summary>
public sealed record BatchEvaluated(StepKey Key, int Batch, double Loss) : ControlMessage;

/// <summary>Worker's node to coordinator: the gradient or the loss of these lanes of the step is not finite.</summary>
public sealed record LanesNotFinite(StepKey Key, IReadOnlyList<int> Lanes) : ControlMessage;

/// <summary>Node to coordinator: the weights are written.</summary>
public sealed record WeightsExported(Lineage Lineage, long Version, string Sha256) : ControlMessage;

/// <summary>Node to coordinator: was asked to end (SIGTERM) and wants to hand over first.</summary>
public sealed record LeaveRequested : ControlMessage;

/// <summary>Node to coordinator: holds an older view than somebody it heard from, or none.</summary>
public sealed record ViewWanted(Generation Own) : ControlMessage;

/// <summary>Node to coordinator: where a worker's time went in one step, in seconds.</summary>
public sealed record StepTimed(long Step, double Pull, double Compute, double Push, double Apply) : ControlMessage;

/// <summary>Node to coordinator: a primary's slice of a checkpoint is in the store.</summary>
/// <param name="Before">The decision that asked for it: the slice is of the step after.</param>
/// <param name="BlockedSeconds">How long the training waited for the copy.</param>
/// <param name="WriteSeconds">How long the store took, beside the training.</param>
public sealed record SliceStored(Decision Before, StoredSlice Slice, double BlockedSeconds, double WriteSeconds) : ControlMessage;

/// <summary>Node to coordinator: a primary's slice of a checkpoint did not get into the store; the checkpoint stays incomplete.</summary>
public sealed record SliceNotStored(Decision Before, PartitionId Partition, string Reason) : ControlMessage;
