using System.Runtime.InteropServices;
using AtomGrains.Clustering;
using AtomGrains.Commands;
using AtomGrains.Core.Options;
using AtomGrains.Grains.Runs;
using AtomGrains.Silo.Health;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AtomGrains.Silo.Standing;

/// <summary>A standing silo's process, from its settings to its end.</summary>
internal static class StandingSilo
{
    /// <summary>It could not join, or did not end in order.</summary>
    private const int Failed = 1;

    // Behind the grace: for the host's own stop, and for what it may hang in.
    private static readonly TimeSpan LongestEnd = TimeSpan.FromSeconds(15);

    /// <returns>The exit code.</returns>
    /// <exception cref="InvalidSettingsException">Its cluster has been told otherwise.</exception>
    public static int Run(SiloSettings settings, JobRegistry jobs)
    {
        using var host = SiloHost.Build(settings, jobs);
        using var readiness = Readiness.Of(settings, host.Services);
        var departure = Task.FromResult(true);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Leave);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Leave);
        try
        {
            using var runs = new CatalogMetrics(host.Services.GetRequiredService<IRunCatalog>());
            using var http = new HealthServer(settings.Address, settings.HttpPort, readiness);
            Say($"joins cluster {settings.Connection.ClusterId} as {settings.Name} at {settings.Address}, silo port {settings.SiloPort}, gateway port {settings.GatewayPort}; health at {http.Url}");
            ClusterCheck.KeepAsync(settings).GetAwaiter().GetResult();
            MemberCheck.AskAsync(settings, host.Services).GetAwaiter().GetResult();
            if (readiness.IsLeaving)
            {
                throw new OperationCanceledException();
            }

            host.Start();
            Say("has joined");
            host.WaitForShutdown();
            if (!departure.GetAwaiter().GetResult())
            {
                Console.Error.WriteLine($"error: silo: the grace of {settings.Grace.TotalSeconds} s was over before its runs had gone elsewhere");
                return Failed;
            }

            Say("has left");
            return 0;
        }
        catch (OperationCanceledException) when (readiness.IsLeaving)
        {
            Say("ends before it has joined, or before it has left in order");
            return 0;
        }
        catch (Exception error) when (error is not InvalidSettingsException)
        {
            // The edge of this process: Orleans and stores have exceptions of many kinds.
            var what = readiness.IsLeaving ? "left in order" : "joined";
            var refusal = AccessRefusal.Of(error);
            Console.Error.WriteLine($"error: silo: cluster {settings.Connection.ClusterId} cannot be {what}: {refusal ?? error.GetBaseException().Message.Split('\n')[0].Trim()}");
            return refusal is null || readiness.IsLeaving ? Failed : CommandLine.BadInput;
        }

        void Leave(PosixSignalContext signal)
        {
            signal.Cancel = true;
            if (readiness.Leave())
            {
                Say($"is asked to end and hands over, for at most {settings.Grace.TotalSeconds} s");
                EndBy(settings.Grace + LongestEnd);
                departure = Departure.LeaveAsync(host, settings.Grace);
            }
        }
    }

    private static void EndBy(TimeSpan limit) => new Thread(() =>
    {
        Thread.Sleep(limit);
        Console.Error.WriteLine("the silo did not end in order");
        Environment.Exit(Failed);
    })
    { IsBackground = true, Name = "end" }.Start();

    private static void Say(string text) => Console.WriteLine($"{DateTime.UtcNow:HH:mm:ss.fff} silo: {text}");
}
