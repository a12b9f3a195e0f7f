namespace AtomGrains.Core.Protocol.Partitions;

/// <summary>What a node is to a partition in its current view.</summary>
public enum PartitionRole
{
    None,
    Primary,
    Backup,

    /// <summary>Being filled; no replica until a view records it.</summary>
    Joiner,
}
