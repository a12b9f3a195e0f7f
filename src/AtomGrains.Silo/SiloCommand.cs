using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.Json;
using AtomGrains.Grains.Runs;
using AtomGrains.Grains.Workers;
using AtomGrains.Node.Workers;
using AtomGrains.Silo.Membership;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime.MembershipService.SiloMetadata;
using Orleans.Serialization;

namespace AtomGrains.Silo;

/// <summary>A silo process: one device, and whatever grains Orleans places here.</summary>
internal static class SiloCommand
{
    // A node hands over within a step or two; what lasts longer will not end in order.
    private static readonly TimeSpan LeaveGrace = TimeSpan.FromSeconds(20);

    public static int Run(JobRegistry jobs)
    {
        var input = Console.OpenStandardInput();
        var line = new StreamReader(input).ReadLine() ?? throw new InvalidDataException("a silo reads its orders on standard input");
        var orders = JsonSerializer.Deserialize(line, SiloJson.Default.SiloOrders)!;
        Signals.RedirectOutputTo(Path.Combine(orders.RunFolder, "logs", $"silo-{orders.Ordinal}.log"));
        using var host = Build(orders, new SiloRun(orders, jobs));
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => signal.Cancel = true);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
        {
            signal.Cancel = true;
            _ = LeaveAsync(host);
        });
        new Thread(() => EndWithOwner(input, orders.OrphanGrace)) { IsBackground = true, Name = "owner" }.Start();
        host.Run();
        return 0;
    }

    private static IHost Build(SiloOrders orders, SiloRun run)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "HH:mm:ss.fff ";
        });
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("AtomGrains", LogLevel.Information);
        builder.Services.AddSingleton(orders).AddSingleton(run).AddSingleton<ISiloRun>(run).AddSingleton<DeviceSlot>();
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
            silo.UseSiloMetadata(new Dictionary<string, string>
            {
                [DevicePlacementDirector.DeviceKey] = orders.Device,
                [DevicePlacementDirector.MemoryKey] = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes.ToString(CultureInfo.InvariantCulture),
            });
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

    // A silo that is asked to end hands its node over first: its grains, and the run's work, go on elsewhere.
    private static async Task LeaveAsync(IHost host)
    {
        var device = host.Services.GetRequiredService<DeviceSlot>();
        var deadline = DateTimeOffset.UtcNow + LeaveGrace;
        device.Close();
        while (device.AskToLeave() && DateTimeOffset.UtcNow < deadline)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100)).ConfigureAwait(false);
        }

        host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
    }

    // Whoever started this process keeps its standard input open.
    private static void EndWithOwner(Stream input, TimeSpan grace)
    {
        while (input.ReadByte() >= 0)
        {
        }

        Thread.Sleep(grace);
        Console.Error.WriteLine("whoever started this silo is gone");
        Environment.Exit(NodeProcess.ExitOrphaned);
    }
}
