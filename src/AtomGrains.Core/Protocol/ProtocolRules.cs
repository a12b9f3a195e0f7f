using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Data;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol.Partitions;

namespace AtomGrains.Core.Protocol;

/// <summary>
/// The rules that make the protocol safe, each as one predicate, so that they can be read in one place and so that
/// a test can take one away and see the simulator notice. Production code knows this class alone.
/// </summary>
public class ProtocolRules
{
    public static readonly ProtocolRules Safe = new();

    /// <summary>R2: views, seals, acknowledgements, decisions and requests must carry the receiver's own generation.</summary>
    public virtual bool IsCurrent(Generation sent, Generation own) => sent == own;

    /// <summary>R3: an acknowledgement counts in its own generation only.</summary>
    public virtual bool CountsAcknowledgement(Generation sent, Generation own) => sent == own;

    /// <summary>R3: a primary seals when every replica its view names, and any attached joiner, has acknowledged.</summary>
    public virtual bool MaySeal(IReadOnlySet<NodeId> required, IReadOnlySet<NodeId> acknowledged) => acknowledged.IsSupersetOf(required);

    /// <summary>R3: a primary whose replicas are silent waits for a view that names others; it never goes on alone.</summary>
    public virtual bool MaySealAlone(int silentTicks) => false;

    /// <summary>R3: applying a decision twice is harmless because only the step at hand is applied.</summary>
    public virtual bool Applies(long decided, long version) => decided == version;

    /// <summary>A push belongs to the step that the partition is at.</summary>
    public virtual bool IsOfStep(long pushed, long version) => pushed == version;

    /// <summary>A step is reduced when every lane is there.</summary>
    public virtual bool IsComplete(int covered, int lanes) => covered == lanes;

    /// <summary>I2: a lane contributes once.</summary>
    public virtual bool AddsDuplicates => false;

    /// <summary>A partial that covers staged ones replaces them.</summary>
    public virtual bool DropsOverlappingAncestor => false;

    /// <summary>R1: each view takes a generation that no view had.</summary>
    public virtual Generation NextGeneration(Generation newest) => newest.Next;

    /// <summary>R3: a replica that is one decision behind gets that very decision before anything new is decided.</summary>
    public virtual bool SendsLastDecisionAgain => true;

    /// <summary>R3: a decision that some replicas have applied is sent again verbatim, never made anew from what is left.</summary>
    public virtual bool RollsForward => true;

    /// <summary>Records: a new coordinator has the line of the newest decided step written, if its predecessor did not.</summary>
    public virtual bool CompletesTheRecord => true;

    /// <summary>R3: members of a new set come from the newest recorded one, plus its joiner once that is in sync; in this order.</summary>
    public virtual IEnumerable<NodeId> Candidates(PartitionId partition, PartitionPlacement newest, bool joinerIsInSync) =>
        joinerIsInSync ? newest.Replicas.Concat(newest.Joiner is { } joiner ? [joiner] : []) : newest.Replicas;

    /// <summary>R3: who is named for a partition anew holds nothing of it, whatever it held in older views.</summary>
    public virtual PartitionReplica Named(NodeId node, PartitionId partition, Func<PartitionReplica> fresh) => fresh();

    /// <summary>A proof is of the very version that is sealed.</summary>
    public virtual bool IsProofOf(StepKey hashed, StepKey held) => hashed == held;

    /// <summary>R7: two copies of a partition at one version are equal, or neither is trusted.</summary>
    public virtual bool Agree(SliceDigest one, SliceDigest other) => one == other;

    /// <summary>R7: only another device speaks for a worker's bits, never the same one again.</summary>
    public virtual bool IsSecondOpinion(int slot, IEnumerable<int> agreeing) => !agreeing.Contains(slot);

    /// <summary>R7: an audited lane is taken when as many agree as it needs.</summary>
    public virtual bool MayTake(int agreeing, int needed) => agreeing >= needed;

    /// <summary>R7, I2: the auditor's leaf is compared and never summed.</summary>
    public virtual bool AddsTheAuditorsLeaf => false;

    /// <summary>R7: with a worker known to be wrong a step is not reduced before a view has left it out.</summary>
    public virtual bool MayReduce(bool accusesSomebody) => !accusesSomebody;

    /// <summary>R7: what a quarantined node computed leaves the staging.</summary>
    public virtual bool Keeps(NodeId by, View view) => !view.IsQuarantined(by);

    /// <summary>R7: wrong bits are gone back from to a step that an audit speaks for.</summary>
    public virtual bool MayReturnTo(long checkpoint, long firstSuspect) => checkpoint <= firstSuspect;

    /// <summary>A skipped step passes without an update, in every partition.</summary>
    public virtual bool Updates(DecisionKind kind, PartitionId partition) => kind == DecisionKind.Commit;

    /// <summary>Poison: only who ended by itself speaks against the lane that it computed.</summary>
    public virtual bool CountsAsPoison(NodeDeath death) => death.IsOwnDoing;

    /// <summary>Poison: counts stand in the register, so a new view begins with those of the one before.</summary>
    public virtual IEnumerable<LaneDeath> Carried(View before) => before.Deaths;

    /// <summary>The step whose parameters a slice is of that was taken on applying a decision; slices of one step make a checkpoint.</summary>
    public virtual long CheckpointOf(Decision before) => before.Step + 1;

    /// <summary>A manifest is written when every slice is in the store.</summary>
    public virtual bool MayWriteManifest(int stored, int partitions) => stored == partitions;

    /// <summary>R6: the first sample of a step.</summary>
    public virtual long DataPosition(long step, int globalBatch) => SamplePlan.PositionOf(step, globalBatch);

    /// <summary>A checkpoint past the fork of a later lineage is of steps that were given up.</summary>
    public virtual bool IsVoid(CheckpointId checkpoint, IEnumerable<long> laterForks) => laterForks.Any(fork => checkpoint.Step > fork);

    /// <summary>The newest checkpoints are kept, and what a lineage came from until a newer one of that lineage is verified.</summary>
    public virtual bool MayCollect(bool isKept, bool isOrigin, Func<bool> newerIsVerified) => !isKept && (!isOrigin || newerIsVerified());

    /// <summary>R4: in sync means all blocks at the primary's version, plus any reduced slice it holds.</summary>
    public virtual bool IsInSync(bool blocksComplete, bool atVersion, bool holdsReduced) => blocksComplete && atVersion && holdsReduced;
}
