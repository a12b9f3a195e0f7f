using Orleans.Runtime;

namespace AtomGrains.Grains.Workers;

/// <summary>Places a worker on the silo whose device the run grain has chosen for it.</summary>
[GenerateSerializer]
[Immutable]
public sealed class DevicePlacement : PlacementStrategy;
