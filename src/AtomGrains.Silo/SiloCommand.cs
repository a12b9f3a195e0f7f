using System.Runtime.InteropServices;
using System.Text.Json;
using AtomGrains.Commands;
using AtomGrains.Core.Options;
using AtomGrains.Grains.Workers;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Workers;
using AtomGrains.Silo.Runs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AtomGrains.Silo;

/// <summary>A silo process of one run, told what to do by whoever started it: its devices, and whatever grains Orleans places here.</summary>
internal static class SiloCommand
{
    /// <summary>By which a run starts its silos.</summary>
    public const string OrdersFlag = "--orders";

    // Of a full disk or a volume that is away there is no end to wait for.
    private static readonly TimeSpan LongestWriting = TimeSpan.FromSeconds(30);

    /// <returns>The exit code; that of bad input when the run has no use for this silo, ever.</returns>
    public static int Run(JobRegistry jobs)
    {
        var input = Console.OpenStandardInput();
        using var standardError = Signals.KeepStandardError();
        using var terminal = new StreamWriter(standardError) { AutoFlush = true };
        try
        {
            Signals.WakeAtEndOfParent();
            var orders = ReadOrders(input);
            using var run = OrderedRun.Open(orders, jobs);
            Signals.RedirectOutputTo(Path.Combine(orders.RunFolder, "logs", $"silo-{orders.Ordinal}.log"), keep: standardError);
            return Live(input, orders, run) is { } refused ? Refuse(terminal, refused) : 0;
        }
        catch (Exception error) when (error is InvalidDataException or InvalidSettingsException)
        {
            return Refuse(terminal, error.Message);
        }
    }

    private static SiloOrders ReadOrders(Stream input)
    {
        var line = new StreamReader(input).ReadLine();
        if (string.IsNullOrWhiteSpace(line))
        {
            throw new InvalidDataException("a silo reads its orders on standard input, where a run gives them that starts it");
        }

        try
        {
            return JsonSerializer.Deserialize(line, SiloJson.Default.SiloOrders) ?? throw new InvalidDataException("a silo's orders must not be null");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"what came on standard input are no orders of a silo: {error.Message}", error);
        }
    }

    private static int Refuse(TextWriter terminal, string reason)
    {
        terminal.WriteLine($"error: silo: {reason.ReplaceLineEndings(" ")}");
        return CommandLine.BadInput;
    }

    /// <returns>Why the run has no use for this silo; null when it had.</returns>
    private static string? Live(Stream input, SiloOrders orders, SiloRun run)
    {
        using var host = SiloHost.Build(orders, run);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => signal.Cancel = true);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
        {
            signal.Cancel = true;
            _ = Departure.LeaveAsync(host, orders.Settings.Grace);
        });
        new Thread(() => EndWithOwner(input, orders, host.Services.GetRequiredService<DeviceSlots>())) { IsBackground = true, Name = "owner" }.Start();
        var refusal = host.Services.GetRequiredService<Refusal>();
        host.Run();
        return refusal.Reason;
    }

    // Whoever started this process keeps its standard input open, and says something there once the run is to end.
    private static void EndWithOwner(Stream input, SiloOrders orders, DeviceSlots devices)
    {
        if (input.ReadByte() < 0)
        {
            Thread.Sleep(orders.OrphanGrace);
            Console.Error.WriteLine("whoever started this silo is gone");
        }

        // Nobody restarts any of them: a resume goes on from what they leave. Before the first of them ends, its coordinator has
        // to know: it would go back to a checkpoint once both copies of a partition were gone.
        RunNote.Abandoned.TryWrite(orders.RunFolder, orders.RunId);
        devices.LeaveBehind(LongestWriting);
        Environment.Exit(NodeProcess.ExitOrphaned);
    }
}
