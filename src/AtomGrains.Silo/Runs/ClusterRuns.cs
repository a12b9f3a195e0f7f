using AtomGrains.Grains;
using AtomGrains.Grains.Wire;

namespace AtomGrains.Silo.Runs;

/// <summary>The runs that the cluster wants devices for.</summary>
internal sealed class ClusterRuns(IGrainFactory grains) : IWantedRuns
{
    /// <summary>Other runs may have a use for the silo.</summary>
    public bool EndsSiloWhenRefused => false;

    public Task<IReadOnlyList<string>> AskAsync(DeviceOffer offer) => grains.GetGrain<IRunsGrain>(IRunsGrain.Key).Wanted(offer);
}
