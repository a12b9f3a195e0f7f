using System.Net;
using System.Net.Sockets;
using AtomGrains.Grains.Runs;
using AtomGrains.Grains.Workers;
using AtomGrains.Silo.Membership;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime.MembershipService.SiloMetadata;
using Orleans.Serialization;

namespace AtomGrains.Silo;

/// <summary>One Orleans silo with its devices, as this package configures it.</summary>
internal static class SiloHost
{
    /// <param name="configure">What else the silo is to have.</param>
    public static IHost Build(SiloOrders orders, ISiloRun run, Action<ISiloBuilder>? configure = null)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "HH:mm:ss.fff ";
        });
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("AtomGrains", LogLevel.Information);
        builder.Services.AddSingleton(orders).AddSingleton(run).AddSingleton(_ => new DeviceSlots(orders.Devices.Count)).AddSingleton<Refusal>();
        builder.Services.AddSingleton<IHostLifetime, NoConsoleLifetime>();
        builder.UseOrleans(silo =>
        {
            silo.Configure<ClusterOptions>(cluster =>
            {
                cluster.ClusterId = orders.RunId;
                cluster.ServiceId = "atomgrains";
            });
            silo.Configure<SiloOptions>(options => options.SiloName = $"silo-{orders.Ordinal}-{Environment.ProcessId}");
            silo.Configure<ClusterMembershipOptions>(ClusterTiming.Apply);
            silo.Configure<EndpointOptions>(endpoint =>
            {
                endpoint.AdvertisedIPAddress = IPAddress.Parse(orders.Listen);
                endpoint.SiloPort = FreePort(endpoint.AdvertisedIPAddress);
                endpoint.GatewayPort = 0;
            });
            silo.Services.AddSingleton<IMembershipTable>(new FileMembershipTable(orders.RunFolder));
            silo.Services.AddSerializer(serializer => serializer.AddMessagePackSerializer());
            silo.AddPlacementDirector<DevicePlacement, DevicePlacementDirector>();
            silo.UseSiloMetadata(new SiloDevices(SiloDevices.KindOf(orders.Devices[0]), orders.Devices.Count, orders.MemoryBytes, orders.Host).ToMetadata());
            configure?.Invoke(silo);
        });

        // After the silo, so that it starts when grains can be called.
        builder.Services.AddHostedService<DeviceOffers>();
        return builder.Build();
    }

    // Orleans names a silo by its port before it listens there.
    private static int FreePort(IPAddress address)
    {
        using var listener = new TcpListener(address, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
