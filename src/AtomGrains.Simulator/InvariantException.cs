namespace AtomGrains.Simulator;

/// <summary>An invariant of the design does not hold.</summary>
public sealed class InvariantException(string message) : Exception(message);
