using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol.Messages;

namespace AtomGrains.Core.Protocol.Partitions;

/// <summary>
/// Where a replica stands, and what it refuses there (PROTOCOL R2): a pure function of the view, of the history that it
/// holds and of what it is sent.
/// </summary>
/// <param name="Version">Null for a joiner that has heard nothing yet.</param>
/// <param name="Digest">Of the decision before the step at hand.</param>
internal readonly record struct ReplicaStand(
    Generation Generation, PartitionRole Role, PartitionPlacement Placement, Lineage Lineage, long? Version, DecisionDigest Digest)
{
    /// <summary>Why a message is not taken; null when it is.</summary>
    public Refusal? RefusalOf(NodeId from, TensorMessage message, ProtocolRules rules)
    {
        if (message is ReducedHeld held)
        {
            return rules.CountsAcknowledgement(held.Generation, Generation) ? null : Refusal.Stale;
        }

        if (!rules.IsCurrent(message.Generation, Generation))
        {
            return Refusal.Stale;
        }

        return message switch
        {
            Push push => RefusalOf(push, rules),
            Pull when Role != PartitionRole.Primary => Refusal.NotPrimary,
            Pull pull when pull.Lineage != Lineage => Refusal.OtherHistory,
            Reduced reduced => RefusalOf(from, reduced),
            FillWanted when Role != PartitionRole.Primary || from != Placement.Joiner => Refusal.NotPrimary,
            _ => null,
        };
    }

    private Refusal? RefusalOf(Push push, ProtocolRules rules)
    {
        if (Role != PartitionRole.Primary)
        {
            return Refusal.NotPrimary;
        }

        if (push.Key.Lineage != Lineage)
        {
            return Refusal.OtherHistory;
        }

        if (Version is not { } version)
        {
            // Its slice is still on its way from the store; the others of its lineage were faster.
            return Refusal.Early;
        }

        if (!rules.IsOfStep(push.Key.Step, version))
        {
            return push.Key.Step > version ? Refusal.Early : Refusal.Decided;
        }

        return IsOtherHistory(push.Key) ? Refusal.OtherHistory : null;
    }

    private Refusal? RefusalOf(NodeId from, Reduced reduced)
    {
        if (from != Placement.Primary || Role is not (PartitionRole.Backup or PartitionRole.Joiner))
        {
            return Refusal.NotPrimary;
        }

        return reduced.Key.Lineage != Lineage || IsOtherHistory(reduced.Key) ? Refusal.OtherHistory : null;
    }

    private bool IsOtherHistory(StepKey key) => key.Step == Version && key.Previous != Digest;
}
