using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Data;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol.Audits;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Core.Runs;

namespace AtomGrains.Core.Protocol.Effects;

/// <summary>What a machine wants done. The host carries effects out in order, before the machine's next event.</summary>
public abstract record Effect;

/// <summary>Send to another node, or to the same one.</summary>
public sealed record SendToNode(NodeId To, Message Message) : Effect;

/// <summary>Send to the coordinator of the run.</summary>
public sealed record SendToCoordinator(ControlMessage Message) : Effect;

/// <summary>Load these parameters ([elements] float32, borrowed until the load is reported) into the replica.</summary>
public sealed record LoadParameters(StepKey Key, float[] Flat) : Effect;

/// <summary>Compute these lanes, in this order; each result is reported by itself. Replaces lanes asked for before.</summary>
public sealed record ComputeLanes(StepKey Key, IReadOnlyList<int> Lanes) : Effect;

/// <summary>Compute the loss of these validation batches, after the lanes.</summary>
public sealed record EvaluateBatches(StepKey Key, IReadOnlyList<int> Batches) : Effect;

/// <summary>Nothing asked of the step loop is wanted any more.</summary>
public sealed record CancelCompute : Effect;

/// <summary>Write the final weights ([elements] float32) and report.</summary>
public sealed record WriteWeights(StepKey Key, float[] Flat) : Effect;

/// <summary>
/// Copy this slice ([elements] float32 each, borrowed until the machine's next event), and put the copy into the store
/// beside the training; then report.
/// </summary>
public sealed record StoreSlice(
    PartitionRange Range, Generation Generation, Decision Before,
    ReadOnlyMemory<float> Values, ReadOnlyMemory<float> FirstMoment, ReadOnlyMemory<float> SecondMoment) : Effect;

/// <summary>Load this part of a checkpoint's flat vectors from the store, whatever slices it was stored in, and report.</summary>
public sealed record LoadSlice(CheckpointId Checkpoint, PartitionRange Range) : Effect;

/// <summary>This node was dismissed: end the process.</summary>
public sealed record EndNode(DismissReason Reason) : Effect;

/// <summary>Create this view's record in the register if its generation is free, and report.</summary>
public sealed record RecordView(View View) : Effect;

/// <summary>A step was decided: write its metrics line, and a skipped one's line in the ledger, before the decision goes out.</summary>
/// <param name="Skipped">Null for a commit.</param>
public sealed record StepDecided(Decision Decision, Generation Generation, SkippedStep? Skipped = null) : Effect;

/// <summary>
/// The parameters of a version are hashed: the root belongs to the line of the step before it. Comes before the step on them
/// is decided.
/// </summary>
/// <param name="Leaves">The beginning of each block's hash, <see cref="PartitionProof.LeafBytes"/> bytes each; null for a model with too many blocks.</param>
public sealed record VersionProven(Lineage Lineage, long Version, Parameters.Sha256 Root, byte[]? Leaves) : Effect;

/// <summary>Two copies of a partition at one version have other bits; what is trusted no more is rolled back next.</summary>
public sealed record ReplicasDiffered(Parameters.PartitionId Partition, NodeId Primary, NodeId Backup, long Version, Generation Generation) : Effect
{
    public string InWords => $"{Partition} at version {Version} has other bits on {Backup} than on {Primary}: neither copy is trusted";
}

/// <summary>
/// An audit has found a node that computes wrong bits (PROTOCOL R7): its device is not to be used again. The loss of the node
/// comes next, unless it was told before.
/// </summary>
/// <param name="FirstSuspect">What it computed from this step on, up to the one that was found, no audit speaks for.</param>
/// <param name="GoesBack">The run gives up the suspect steps.</param>
/// <param name="IsLost">Its loss was told before, for another cause.</param>
public sealed record WrongBitsFound(
    NodeId Node, int Slot, long Step, int Lane, Parameters.PartitionId Partition, IReadOnlyList<LeafVote> Votes, long FirstSuspect, bool GoesBack, bool IsLost, Generation Generation) : Effect
{
    /// <summary>The evidence, and what it puts in doubt.</summary>
    public string InWords(RunSpec spec)
    {
        var bits = string.Join(", ", Votes.Select(vote => $"{vote.Node} {vote.Digest}"));
        var doubt = FirstSuspect < Step ? $"steps {FirstSuspect} to {Step} are suspect{(GoesBack ? " and given up" : "")}" : "no step before it is suspect";
        return $"{LaneNames.Of(spec, Step, [Lane])} in {Partition}: {Node} has other bits than those who agree ({bits}); {doubt}";
    }
}

/// <summary>No lane can be audited for now: there is one worker, and nobody to compare it with.</summary>
public sealed record AuditsNotPossible : Effect
{
    public const string InWords = "lanes are to be audited and there is one worker: none can be until there is another";
}

/// <summary>
/// A replica knows this decision of a predecessor, whose host may have ended before the metrics line was written: write
/// it unless it is there (PROTOCOL, Records).
/// </summary>
public sealed record DecisionRecalled(Decision Decision, Generation Generation) : Effect;

/// <summary>A version's validation loss is complete.</summary>
public sealed record Evaluated(long Version, double Loss) : Effect;

/// <summary>A view is in force: all its replicas have reported.</summary>
public sealed record ViewInstalled(View View, long Step) : Effect;

/// <summary>A node is ready to take part, from the next step on.</summary>
public sealed record MemberReady(NodeId Node) : Effect;

/// <summary>A node that took part is not to be counted on any more.</summary>
public sealed record MemberLost(NodeId Node, Coordination.LossCause Cause, long Step, Generation Generation) : Effect;

/// <summary>A new lineage begins, from a checkpoint or from the seed, since a partition lost its last replica or wrong bits are in them.</summary>
/// <param name="Lost">None where wrong bits are what is gone back from.</param>
public sealed record RolledBack(Lineage Lineage, long StepsLost, IReadOnlyList<PartitionId> Lost, LineageOrigin? Origin = null) : Effect
{
    /// <summary>The same on every host, for whoever watches the run.</summary>
    public string InWords =>
        $"{(Lost.Count == 0 ? "wrong bits may be in the weights" : $"no copy of {string.Join(", ", Lost)} is left")}: {(Origin is null ? "starting again from the seeded beginning" : $"going back to the checkpoint of {Origin.Checkpoint}")}; " +
        $"{StepsLost} committed steps will be computed again";
}

/// <summary>Every slice is in the store: write the manifest if it is absent, and report.</summary>
public sealed record WriteManifest(CheckpointManifest Manifest) : Effect;

/// <summary>A manifest exists: this is the newest checkpoint of the lineage.</summary>
public sealed record CheckpointCompleted(CheckpointManifest Manifest) : Effect;

/// <summary>Find the newest checkpoint that is whole and not void, reading it back, and report it or that there is none.</summary>
/// <param name="NotAfter">The newest step that it may be of; null for any.</param>
public sealed record FindCheckpoint(long? NotAfter = null) : Effect;

/// <summary>The coordinator waits for something it says in words; null when it waits no more.</summary>
public sealed record Waiting(string? For) : Effect;

/// <summary>The run is complete: weights written, validation loss known.</summary>
public sealed record RunFinished(string WeightsSha256, double ValidationLoss) : Effect;

/// <summary>The run cannot go on.</summary>
public sealed record RunStopped(string Reason) : Effect;

/// <summary>Another coordinator has taken this generation: this one has stopped for good.</summary>
public sealed record Superseded(Generation Generation) : Effect;
