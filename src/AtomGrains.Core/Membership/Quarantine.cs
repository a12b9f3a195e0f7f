namespace AtomGrains.Core.Membership;

/// <summary>A node that an audit has found to compute wrong bits (PROTOCOL R7): nothing of it is taken any more.</summary>
/// <param name="Slot">The worker's number: its host knows the device by it.</param>
/// <param name="Step">The step whose audit found it.</param>
public sealed record Quarantine(NodeId Node, int Slot, long Step);
