using AtomGrains.Grains.Workers;
using AtomGrains.Silo.Standing;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;

namespace AtomGrains.Silo.Health;

/// <summary>Whether this silo can take part in runs: it is a member of its cluster, its devices compute, and the runs' volume and the store of checkpoints answer.</summary>
internal sealed class Readiness : IDisposable
{
    private static readonly TimeSpan VolumeEveryGood = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan VolumeEveryBad = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan VolumePatience = TimeSpan.FromSeconds(5);

    // A request each, or with a write three, which the cloud counts.
    private static readonly TimeSpan StoreEveryGood = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan StoreEveryBad = TimeSpan.FromSeconds(2);

    private readonly Func<SiloStatus> _status;
    private readonly DeviceProbe _devices;
    private readonly RepeatedProbe _volume;
    private readonly RepeatedProbe? _store;
    private int _leaving;

    /// <param name="status">Of this silo in the cluster's membership.</param>
    /// <param name="store">Null where checkpoints go to the runs' volume.</param>
    public Readiness(Func<SiloStatus> status, DeviceProbe devices, RepeatedProbe volume, RepeatedProbe? store = null) =>
        (_status, _devices, _volume, _store) = (status, devices, volume, store);

    public static Readiness Of(SiloSettings settings, IServiceProvider services)
    {
        var (membership, silo) = (services.GetRequiredService<IClusterMembershipService>(), services.GetRequiredService<ILocalSiloDetails>());
        return new Readiness(
            () => membership.CurrentSnapshot.GetSiloStatus(silo.SiloAddress),
            new DeviceProbe(settings.Devices, services.GetRequiredService<DeviceSlots>()),
            new RepeatedProbe("volume", () => VolumeProbe.Run(settings.Runs), good => good ? VolumeEveryGood : VolumeEveryBad, VolumePatience),
            settings.Store is { } store ? new RepeatedProbe("store", new StoreWatch(writes => StoreProbe.Run(store, writes)).Look, good => good ? StoreEveryGood : StoreEveryBad, 2 * StoreProbe.Limit) : null);
    }

    public bool IsLeaving => Volatile.Read(ref _leaving) != 0;

    /// <summary>From now on it is not ready; false when it was leaving before.</summary>
    public bool Leave() => Interlocked.Exchange(ref _leaving, 1) == 0;

    /// <summary>Why it is not ready, a line each; none when it is.</summary>
    public IReadOnlyList<string> Faults()
    {
        var faults = new List<string?> { IsLeaving ? "leaving: this silo was asked to end" : null, Membership(), Fault("devices", _devices.Fault), Fault("runs", _volume.Fault), Fault("store", _store?.Fault) };
        return [.. faults.OfType<string>()];
    }

    public void Dispose()
    {
        _devices.Dispose();
        _volume.Dispose();
        _store?.Dispose();
    }

    private static string? Fault(string what, string? fault) => fault is null ? null : $"{what}: {fault.ReplaceLineEndings(" ")}";

    private string? Membership() => _status() switch
    {
        SiloStatus.Active => null,
        SiloStatus.None or SiloStatus.Created or SiloStatus.Joining => "membership: this silo has not joined its cluster yet",
        var status => $"membership: this silo is {status} in its cluster",
    };
}
