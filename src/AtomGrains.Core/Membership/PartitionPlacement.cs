namespace AtomGrains.Core.Membership;

/// <summary>
/// Where a partition lives. Primary and backup are its recorded replica set; a joiner is being filled and is
/// no replica until a later view records it as one.
/// </summary>
public sealed record PartitionPlacement(NodeId Primary, NodeId? Backup = null, NodeId? Joiner = null)
{
    public IEnumerable<NodeId> Replicas => Backup is { } backup ? [Primary, backup] : [Primary];

    public bool IsReplica(NodeId node) => node == Primary || node == Backup;
}
