using System.Net;
using AtomGrains.Clustering;
using AtomGrains.Grains.Runs;
using AtomGrains.Grains.Workers;
using AtomGrains.Node.Transport;
using AtomGrains.Silo.Runs;
using AtomGrains.Silo.Standing;
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
    // An orchestrator ends what takes longer, and a silo that is ended takes its time to be declared dead.
    private static readonly TimeSpan LongestStop = TimeSpan.FromSeconds(10);

    /// <summary>A silo of one run.</summary>
    /// <param name="configure">What else the silo is to have.</param>
    public static IHost Build(SiloOrders orders, ISiloRun run, Action<ISiloBuilder>? configure = null)
    {
        var address = IPAddress.Parse(orders.Listen);

        // Orleans names a silo by its port before it listens there.
        var builder = Builder($"silo-{orders.Ordinal}-{Environment.ProcessId}", new IPEndPoint(address, FreePort.On(address)), gatewayPort: 0, orders.Shape, [], silo =>
        {
            silo.Configure<ClusterOptions>(cluster =>
            {
                cluster.ClusterId = orders.RunId;
                cluster.ServiceId = "atomgrains";
            });
            silo.Configure<ClusterMembershipOptions>(options => ClusterTiming.Apply(options, orders.Membership));
            silo.Services.AddSingleton<IMembershipTable>(new FileMembershipTable(orders.RunFolder));
            configure?.Invoke(silo);
        });
        var ordered = new OrderedRun(run);
        builder.Services.AddSingleton<ISiloRuns>(ordered).AddSingleton<IWantedRuns>(ordered);
        return Build(builder);
    }

    /// <summary>A silo that stands for itself.</summary>
    /// <param name="jobs">Those of this process's program.</param>
    /// <param name="configure">What else the silo is to have.</param>
    public static IHost Build(SiloSettings settings, JobRegistry jobs, Action<ISiloBuilder>? configure = null)
    {
        var builder = Builder(settings.Name, new IPEndPoint(settings.Address, settings.SiloPort), settings.GatewayPort, settings.Shape, jobs.Names, silo =>
        {
            settings.Connection.Configure(silo, settings.Membership);
            configure?.Invoke(silo);
        }, standing: true);
        builder.Services.AddSingleton(settings).AddSingleton(jobs);
        builder.Services.AddSingleton(_ => new FolderRuns(settings.Runs, settings.Store, settings.Grace, settings.Secret, settings.Shape, jobs, settings.Data));
        builder.Services.AddSingleton<ISiloRuns>(services => services.GetRequiredService<FolderRuns>());
        builder.Services.AddSingleton<IRunCatalog>(services => services.GetRequiredService<FolderRuns>());
        builder.Services.AddSingleton<IWantedRuns, ClusterRuns>();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = LongestStop);
        return Build(builder);
    }

    private static IHost Build(HostApplicationBuilder builder)
    {
        // After the silo, so that it starts when grains can be called.
        builder.Services.AddHostedService<DeviceOffers>().AddHostedService<DoubtedDevices>();
        return builder.Build();
    }

    private static HostApplicationBuilder Builder(
        string name, IPEndPoint endpoint, int gatewayPort, SiloShape shape, IReadOnlyList<string> jobs, Action<ISiloBuilder> configure, bool standing = false)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });

        // Before the silo, which it helps to join.
        builder.Services.AddHostedService(services => ActivatorUtilities.CreateInstance<LostMembers>(services, !standing));
        if (standing)
        {
            builder.Services.AddHostedService<SignOfLife>();
        }

        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "HH:mm:ss.fff ";
        });
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("AtomGrains", LogLevel.Information);
        builder.Services.AddSingleton(shape).AddSingleton(_ => new DeviceSlots(shape.Devices.Count)).AddSingleton<Refusal>();
        builder.Services.AddSingleton<IHostLifetime, NoConsoleLifetime>();
        builder.UseOrleans(silo =>
        {
            silo.Configure<SiloOptions>(options => options.SiloName = name);
            silo.Configure<EndpointOptions>(options =>
            {
                options.AdvertisedIPAddress = endpoint.Address;
                options.SiloPort = endpoint.Port;
                options.GatewayPort = gatewayPort;
            });
            silo.Services.AddSerializer(serializer => serializer.AddMessagePackSerializer());
            silo.AddPlacementDirector<DevicePlacement, DevicePlacementDirector>();
            var metadata = shape.Metadata.ToMetadata();
            SiloJobs.AddTo(metadata, jobs);
            silo.UseSiloMetadata(metadata);
            configure(silo);
        });
        return builder;
    }
}
