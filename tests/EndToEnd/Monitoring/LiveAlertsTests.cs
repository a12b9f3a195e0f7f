using System.Net.Http;
using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.EndToEnd.Tests.Telemetry;
using AtomGrains.Node.Workers;

namespace AtomGrains.EndToEnd.Tests.Monitoring;

/// <summary>A real Prometheus with the real rules and the dashboard's queries on a real run whose workers are killed.</summary>
public sealed class LiveAlertsTests
{
    private const string Stalled = "AtomGrainsRunStalled";
    private const string NoSpares = "AtomGrainsSparesGone";

    [FactWithPrometheus]
    public async Task WithMinutesTakenForSecondsTheAlertsFireWhenAllWorkersAreKilledAndClearWhenOthersHaveCome()
    {
        using var run = TrainProcess.Start(
            Spec.Long with { Steps = 100_000 }, workers: 3, options: ["--spares", "1", "--metrics-port", "0", "--checkpoint-every", "5", "--audit-lanes", "0.25"]);
        var url = (string)(await run.Shows("the page's address", status => status.Json["metrics"] is not null)).Json["metrics"]!;
        await run.Shows("a checkpoint, three workers and a spare", status => status.CheckpointStep > 0 && status.Nodes.Count == 4 && status.Running.Count == 3);
        using var prometheus = new PrometheusProcess(new Uri(url).Authority, AlertWatch.Rules);
        var watch = new AlertWatch(prometheus, () => $"{run.Status()?.Json}\n{run.Output}", () => Assert.False(run.HasExited, $"the run ended\n{run.Output}"));
        var began = DateTimeOffset.UtcNow;
        await watch.Trains();
        Assert.Empty(await prometheus.Alerts("firing"));

        // Their replacements stand still as they start, as if no device could be had.
        var supervisor = run.Status()!.SupervisorPid!.Value;
        var first = run.Processes().Where(pid => pid != supervisor).ToHashSet();
        Send(first, Signals.Kill);
        var replacements = new HashSet<int>();
        await Eventually.Holds("four replacements", () =>
        {
            var news = run.Processes().Where(pid => pid != supervisor && !first.Contains(pid) && IsWorker(pid) && replacements.Add(pid)).ToList();
            Send(news, Signals.Stop);
            return replacements.Count == 4;
        });
        await watch.Fires(Stalled);
        await watch.Fires(NoSpares);
        await watch.StandsStill();

        Send(replacements, Signals.Continue);
        await run.Trains(workers: 3);
        await watch.Clears(Stalled);
        await watch.Clears(NoSpares);
        await watch.Trains();
        await watch.Is("atomgrains_faults_total{kind=\"kill\"}", 4);
        await watch.Is("sum(atomgrains:recovery_seconds_bucket:new30m{phase=\"detect\", le=\"+Inf\"}) > bool 0", 1);

        await EveryMetricThatIsAskedForIsOnThePage(url);
        foreach (var (title, query) in MonitoringFiles.DashboardQueries)
        {
            await watch.Holds($"{title}: {query} has had a value", async () => (await prometheus.Values(MonitoringFiles.Fill(query, "60s"), began)).Any(double.IsFinite));
        }

        // Over the whole run, in which nothing was useful for seconds: on a machine whose speed changes, a moment may show more than was held.
        Assert.InRange(await prometheus.Ask("atomgrains_device_seconds_useful_total / atomgrains_device_seconds_held_total") ?? double.NaN, 0.01, 1);
        run.Signal(2);
        await run.Finish();
    }

    private static async Task EveryMetricThatIsAskedForIsOnThePage(string url)
    {
        using var client = new HttpClient();
        Assert.Empty(AskedMetrics.MissingOn(await client.GetStringAsync(url)));
    }

    // One that is about to be the new program shares its parent's memory and holds it up until then: stopped, it would for ever.
    private static bool IsWorker(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").Split('\0').Contains("worker");
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static void Send(IEnumerable<int> processes, int signal)
    {
        foreach (var pid in processes)
        {
            Signals.Send(pid, signal);
        }
    }
}
