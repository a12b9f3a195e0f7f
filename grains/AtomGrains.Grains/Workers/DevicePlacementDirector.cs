using Orleans.Runtime;
using Orleans.Runtime.MembershipService.SiloMetadata;
using Orleans.Runtime.Placement;

namespace AtomGrains.Grains.Workers;

/// <summary>
/// Follows the run grain's choice where that silo lives. Else, for a call to a node that is over, any silo will do that
/// has a device: the empty activation there says so.
/// </summary>
public sealed class DevicePlacementDirector(ISiloMetadataCache metadata) : IPlacementDirector
{
    /// <summary>Key of a silo's metadata: its device, <c>cpu</c> or <c>cuda:N</c>.</summary>
    public const string DeviceKey = "atomgrains.device";

    /// <summary>Key of a silo's metadata: bytes of memory of its device.</summary>
    public const string MemoryKey = "atomgrains.memory";

    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var silos = context.GetCompatibleSilos(target);
        if (IPlacementDirector.GetPlacementHint(target.RequestContextData!, silos) is { } chosen)
        {
            return Task.FromResult(chosen);
        }

        var withDevice = Array.Find(silos, silo => metadata.GetSiloMetadata(silo).Metadata.ContainsKey(DeviceKey));
        return withDevice is null
            ? throw new OrleansException($"no silo with a device is there for {target.GrainIdentity}")
            : Task.FromResult(withDevice);
    }
}
