namespace AtomGrains.Core.Membership;

/// <summary>A node of a view.</summary>
/// <param name="Slot">The worker's number, which a replacement inherits.</param>
/// <param name="Address">Where the node's transport listens; opaque to Core.</param>
/// <param name="Host">The machine it is on, by which copies are kept apart; nodes of one name share their fate.</param>
public sealed record Member(NodeId Node, int Slot, string Address, string Host = "");
