using AtomGrains.Grains.Runs;
using Orleans.Runtime;
using Orleans.Runtime.MembershipService.SiloMetadata;
using Orleans.Runtime.Placement;

namespace AtomGrains.Grains.Workers;

/// <summary>
/// Follows the run grain's choice where that silo lives. Else, for a call to a node that is over, a silo will do that has a
/// device of the run's kind, the one with the most memory first: the empty activation there says that it is over.
/// </summary>
public sealed class DevicePlacementDirector(ISiloMetadataCache metadata, ISiloRuns runs) : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var silos = context.GetCompatibleSilos(target);
        if (IPlacementDirector.GetPlacementHint(target.RequestContextData!, silos) is { } chosen)
        {
            return Task.FromResult(chosen);
        }

        var kind = runs.Find(RunKeys.Parse(target.GrainIdentity.Key.ToString()!).Run)?.Plan.Spec.DeviceKind;
        var fitting = silos.Select(silo => (Silo: silo, Devices: SiloDevices.Of(metadata.GetSiloMetadata(silo).Metadata)))
            .Where(entry => entry.Devices is { } devices && (kind is null || devices.Kind == kind) && devices.Count > 0)
            .OrderByDescending(entry => entry.Devices!.MemoryBytes).ThenBy(entry => entry.Silo).ToList();
        return fitting.Count == 0
            ? throw new OrleansException($"no silo with a device of kind {kind ?? "any"} is there for {target.GrainIdentity}")
            : Task.FromResult(fitting[0].Silo);
    }
}
