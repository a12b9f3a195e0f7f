namespace AtomGrains.Node.Telemetry;

/// <summary>A run that is neither paused nor over.</summary>
/// <param name="Id">Null for one that has no label.</param>
/// <param name="DevicesWanted">Workers and spares, whether they are there or not.</param>
public readonly record struct UnfinishedRun(string? Id, int DevicesWanted);
