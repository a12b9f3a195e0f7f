namespace AtomGrains.Core.Membership;

/// <summary>
/// A node that ended by itself while it computed this lane (PROTOCOL, poison). A node has one life, so it has one entry:
/// whoever hears of a death twice counts it once.
/// </summary>
public sealed record LaneDeath(long Step, int Lane, NodeId Node);
