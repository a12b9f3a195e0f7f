namespace AtomGrains.Core.Membership;

/// <summary>A node of a view.</summary>
/// <param name="Slot">The worker's number, which a replacement inherits.</param>
/// <param name="Address">Where the node's transport listens; opaque to Core.</param>
public sealed record Member(NodeId Node, int Slot, string Address);
