namespace AtomGrains.Simulator;

/// <summary>A fault at an exact place of a simulation.</summary>
/// <param name="BeforeEvent">Number of the simulated event before which it strikes.</param>
/// <param name="Slot">The worker's number.</param>
public sealed record PlannedFault(SimulatedFault Kind, long BeforeEvent, int Slot);
