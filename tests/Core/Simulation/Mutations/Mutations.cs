using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Partitions;

namespace AtomGrains.Core.Tests.Simulation.Mutations;

/// <summary>The protocol with one rule taken away each. Every class breaks the machines' own code, at the rule's place.</summary>
internal static class Mutations
{
    internal sealed class NoFence : ProtocolRules
    {
        public override bool IsCurrent(Generation sent, Generation own) => true;
    }

    internal sealed class SealBeforeTheBackupHasIt : ProtocolRules
    {
        public override bool MaySeal(IReadOnlySet<NodeId> required, IReadOnlySet<NodeId> acknowledged) => true;
    }

    internal sealed class DecisionAppliedTwice : ProtocolRules
    {
        public override bool Applies(long decided, long version) => decided == version || decided == version - 1;
    }

    internal sealed class ForgottenLane : ProtocolRules
    {
        public override bool IsComplete(int covered, int lanes) => covered >= lanes - 1;
    }

    internal sealed class LaneCountedTwice : ProtocolRules
    {
        public override bool AddsDuplicates => true;
    }

    internal sealed class OverlappingPartialDropped : ProtocolRules
    {
        public override bool DropsOverlappingAncestor => true;
    }

    internal sealed class PushTakenForAnotherStep : ProtocolRules
    {
        public override bool IsOfStep(long pushed, long version) => true;
    }

    internal sealed class GenerationUsedTwice : ProtocolRules
    {
        public override Generation NextGeneration(Generation newest) => newest == Generation.None ? newest.Next : newest;
    }

    internal sealed class HalfAppliedDecisionMadeAnew : ProtocolRules
    {
        public override bool RollsForward => false;
    }

    internal sealed class LineOfADecidedStepForgotten : ProtocolRules
    {
        public override bool CompletesTheRecord => false;
    }

    internal sealed class BackupPromotedOneVersionBehind : ProtocolRules
    {
        public override bool SendsLastDecisionAgain => false;
    }

    /// <summary>Nodes keep what they held in older views, and views are made of all who ever were replicas.</summary>
    internal sealed class StaleReplicaOfAnOlderViewPromoted : ProtocolRules
    {
        private readonly Dictionary<(NodeId, PartitionId), PartitionReplica> _kept = [];
        private readonly Dictionary<PartitionId, List<NodeId>> _ever = [];

        public override PartitionReplica Named(NodeId node, PartitionId partition, Func<PartitionReplica> fresh) =>
            _kept.TryGetValue((node, partition), out var replica) ? replica : _kept[(node, partition)] = fresh();

        public override IEnumerable<NodeId> Candidates(PartitionId partition, PartitionPlacement newest, bool joinerIsInSync)
        {
            if (!_ever.TryGetValue(partition, out var ever))
            {
                _ever[partition] = ever = [];
            }

            ever.AddRange(base.Candidates(partition, newest, joinerIsInSync).Except(ever));
            return base.Candidates(partition, newest, joinerIsInSync).Concat(ever).Distinct();
        }
    }

    internal sealed class CutOffReplicaSealsAlone : ProtocolRules
    {
        public override bool MaySealAlone(int silentTicks) => silentTicks > 0;
    }

    internal sealed class JoinerRecordedBeforeItHoldsTheReducedSlice : ProtocolRules
    {
        public override bool IsInSync(bool blocksComplete, bool atVersion, bool holdsReduced) => blocksComplete && atVersion;
    }

    internal sealed class RootOfAnOlderVersion : ProtocolRules
    {
        public override bool IsProofOf(StepKey hashed, StepKey held) => true;
    }

    internal sealed class SkipAppliedByOnePartitionOnly : ProtocolRules
    {
        public override bool Updates(DecisionKind kind, PartitionId partition) => base.Updates(kind, partition) || partition.Value > 0;
    }

    internal sealed class PoisonCountLostAtANewView : ProtocolRules
    {
        public override IEnumerable<LaneDeath> Carried(View before) => [];
    }

    internal sealed class KillFromOutsideCountedAsPoison : ProtocolRules
    {
        public override bool CountsAsPoison(NodeDeath death) => true;
    }

    internal sealed class AcknowledgementOfAnotherGenerationCounted : ProtocolRules
    {
        public override bool CountsAcknowledgement(Generation sent, Generation own) => true;
    }
}
