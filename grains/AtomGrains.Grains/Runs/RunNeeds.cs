namespace AtomGrains.Grains.Runs;

/// <summary>What a run needs of a silo.</summary>
/// <param name="DeviceKind"><c>cpu</c> or <c>cuda</c>.</param>
/// <param name="Job">Null for the first one that the silo's program brings.</param>
public sealed record RunNeeds(string DeviceKind, string? Job);
