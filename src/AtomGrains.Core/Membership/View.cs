using System.Collections.Immutable;
using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Lanes;
using AtomGrains.Core.Parameters;

namespace AtomGrains.Core.Membership;

/// <summary>
/// The assignment of lanes and partitions to nodes under one generation. Written to the register before any
/// member hears of it (PROTOCOL R1).
/// </summary>
public sealed record View
{
    public required Generation Generation { get; init; }

    public required Lineage Lineage { get; init; }

    /// <summary>The checkpoint that the lineage began from; null when it began from the seed.</summary>
    public LineageOrigin? Origin { get; init; }

    /// <summary>Every node that takes part, spares included.</summary>
    public required ImmutableArray<Member> Members { get; init; }

    /// <summary>The owner of each lane.</summary>
    public required ImmutableArray<NodeId> LaneOwners { get; init; }

    /// <summary>The place of each partition.</summary>
    public required ImmutableArray<PartitionPlacement> Partitions { get; init; }

    /// <summary>The node that each shard of the dataset is leased to; empty in views of a run that leased none.</summary>
    public ImmutableArray<NodeId> Shards { get => field.IsDefault ? [] : field; init; }

    /// <summary>Nodes that ended by themselves in the middle of a lane of a step that is not decided yet.</summary>
    public ImmutableArray<LaneDeath> Deaths { get => field.IsDefault ? [] : field; init; }

    /// <summary>Lanes that nobody computes for now: they have ended a worker, and everybody here holds the only copy of something.</summary>
    public ImmutableArray<int> HeldLanes { get => field.IsDefault ? [] : field; init; }

    /// <summary>Share of lanes that are audited; the same in all views of a lineage, since it says which lanes are pushed alone.</summary>
    public double AuditShare { get; init; }

    /// <summary>Nodes that audits have found wrong, in this or an older view.</summary>
    public ImmutableArray<Quarantine> Quarantined { get => field.IsDefault ? [] : field; init; }

    /// <summary>How far audits spoke for the devices of the run when this view was proposed.</summary>
    public ImmutableArray<Trust> Trusted { get => field.IsDefault ? [] : field; init; }

    /// <summary>Nodes that own at least one lane, in the order of their ids.</summary>
    public IReadOnlyList<NodeId> Workers => field ??= [.. LaneOwners.Distinct().Order()];

    public PartitionPlacement Placement(PartitionId partition) => Partitions[partition.Value];

    /// <summary>Lanes that a node has to compute.</summary>
    public IEnumerable<int> LanesOf(NodeId node) =>
        Enumerable.Range(0, LaneOwners.Length).Where(lane => LaneOwners[lane] == node && !HeldLanes.Contains(lane));

    /// <summary>Whether a lane of a step has ended somebody who computed it.</summary>
    public bool IsSuspect(long step, int lane) => Deaths.Any(death => death.Step == step && death.Lane == lane);

    public IReadOnlyList<int> ShardsOf(NodeId node) => [.. Enumerable.Range(0, Shards.Length).Where(shard => Shards[shard] == node)];

    public IEnumerable<PartitionId> ReplicasOn(NodeId node) =>
        Enumerable.Range(0, Partitions.Length).Where(i => Partitions[i].IsReplica(node)).Select(i => new PartitionId(i));

    /// <summary>Nodes whose report the installation of this view waits for.</summary>
    public IEnumerable<NodeId> ReplicaNodes => Partitions.SelectMany(placement => placement.Replicas).Distinct();

    public bool IsQuarantined(NodeId node) => Quarantined.Any(quarantine => quarantine.Node == node);

    public bool IsMember(NodeId node) => Members.Any(member => member.Node == node);

    /// <summary>Who computes the lanes below a node of the tree.</summary>
    public IEnumerable<NodeId> OwnersOf(TreeNode node) =>
        Enumerable.Range(node.FirstLane, node.LaneCount).Where(lane => !HeldLanes.Contains(lane)).Select(lane => LaneOwners[lane]).Distinct();
}
