namespace AtomGrains.Node.Storage;

/// <summary>What a host knows of a node at the moment at which it is lost.</summary>
/// <param name="Slot">The worker's number.</param>
/// <param name="LastHeard">Its last sign of life: what it was found out after, unless an order struck it.</param>
/// <param name="Strike">The ordered fault that struck it last; null when none did.</param>
/// <param name="Cause">What it said of its failure, if it did.</param>
public sealed record LostNode(int Slot, DateTimeOffset LastHeard, OrderedStrike? Strike, string? Cause = null);
