using System.Runtime.InteropServices;
using System.Text.Json;
using AtomGrains.Grains.Workers;
using AtomGrains.Node.Workers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

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
        using var host = SiloHost.Build(orders, new SiloRun(orders, jobs));
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
