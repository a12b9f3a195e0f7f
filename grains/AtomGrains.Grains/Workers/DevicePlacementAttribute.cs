using Orleans.Placement;

namespace AtomGrains.Grains.Workers;

/// <summary>The grain needs a device.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = false)]
public sealed class DevicePlacementAttribute() : PlacementAttribute(new DevicePlacement());
