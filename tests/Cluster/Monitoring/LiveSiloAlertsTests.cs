using System.Globalization;
using AtomGrains.Cluster.Tests.Clients;
using AtomGrains.EndToEnd.Tests.Monitoring;
using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.EndToEnd.Tests.Telemetry;
using AtomGrains.Node.Workers;

namespace AtomGrains.Cluster.Tests.Monitoring;

/// <summary>A real Prometheus with the real rules on standing silos that train a run and are killed.</summary>
[Trait("Category", "Long")]
public sealed class LiveSiloAlertsTests
{
    private const string Run = "run";
    private const string Stalled = "AtomGrainsRunStalled";
    private const string NoSpares = "AtomGrainsSparesGone";
    private const string SilosDown = "AtomGrainsSilosDown";
    private const string CrashLoop = "AtomGrainsSiloCrashLoop";

    private static readonly string Rules = Haste.TakeMinutesForSeconds(MonitoringFiles.Rules);
    private static readonly string IsTraining = MonitoringFiles.Fill(MonitoringFiles.DashboardQueries[0].Expression, "60s");

    [FactWithPrometheus]
    public async Task WithMinutesTakenForSecondsTheAlertsFireWhenSilosAreKilledAndClearWhenTheyAreBack()
    {
        await using var cluster = new StandingCluster();
        using var pods = new Pods(cluster, count: 3);
        using var prometheus = PrometheusProcess.OfPods(pods.Addresses, Rules);
        pods.StartAll();
        await cluster.Starts(Run, Spec.Long with { Steps = 100_000 }, workers: 2, "spares: 1", "checkpoint-every: 5");
        await Is(pods, prometheus, IsTraining, 1);
        await Is(pods, prometheus, "sum(atomgrains_workers_ready) - sum(atomgrains_workers)", 1);
        await Fires(pods, prometheus);

        // One of three: the spare takes its place, and none is left.
        await pods.Kill(0);
        await Fires(pods, prometheus, NoSpares);
        await Is(pods, prometheus, IsTraining, 1);
        pods.Start(0);
        await Fires(pods, prometheus);
        await Is(pods, prometheus, "sum(atomgrains_workers_ready) - sum(atomgrains_workers)", 1);

        // All of them: nobody is left to say of the run that it stands still.
        await pods.KillAll();
        await Fires(pods, prometheus, SilosDown);

        // They are back, and what is to compute there stands still as it starts: as if no device could be had.
        pods.StartAll();
        var stopped = new HashSet<int>();
        await Fires(pods, prometheus, () => Stop(pods, stopped), Stalled, NoSpares);
        await Is(pods, prometheus, IsTraining, 0);
        Assert.NotEmpty(stopped);
        foreach (var child in stopped)
        {
            Signals.Send(child, Signals.Continue);
        }

        await Is(pods, prometheus, IsTraining, 1);
        await Fires(pods, prometheus);
        await cluster.Does("stop", Run);
    }

    [FactWithPrometheus]
    public async Task WithMinutesTakenForSecondsASiloThatIsKilledAgainAndAgainIsACrashLoopUntilItLives()
    {
        await using var cluster = new StandingCluster();
        using var pods = new Pods(cluster, count: 2);
        using var prometheus = PrometheusProcess.OfPods(pods.Addresses, Rules);
        pods.StartAll();
        await cluster.Joins();
        var start = "";
        var deaths = 0;
        for (; !(await prometheus.Alerts("firing")).Contains(CrashLoop); deaths++)
        {
            var before = start;
            start = await Eventually.Answers(
                "a new start of a silo",
                async () => (await prometheus.Ask($"process_start_time_seconds{{pod=\"{Pods.NameOf(0)}\"}}"))?.ToString("R", CultureInfo.InvariantCulture) is { } now && now != before ? now : null,
                () => pods.Logs);
            await pods.Kill(0);
            pods.Start(0);
            Assert.InRange(deaths, 0, 20);
        }

        // It is the silo's, and the other one has nothing to do with it.
        Assert.InRange(deaths, 3, 20);
        Assert.Equal(1, await prometheus.Ask($"count(ALERTS{{alertname=\"{CrashLoop}\", alertstate=\"firing\", pod=\"{Pods.NameOf(0)}\"}})"));
        await Fires(pods, prometheus);
    }

    private static void Stop(Pods pods, HashSet<int> stopped)
    {
        foreach (var child in pods.Children.Where(stopped.Add))
        {
            Signals.Send(child, Signals.Stop);
        }
    }

    /// <summary>Waits until these alerts fire and no other does.</summary>
    private static Task Fires(Pods pods, PrometheusProcess prometheus, params string[] alerts) => Fires(pods, prometheus, () => { }, alerts);

    private static async Task Fires(Pods pods, PrometheusProcess prometheus, Action meanwhile, params string[] alerts)
    {
        IReadOnlySet<string> seen = new HashSet<string>();
        await Eventually.Answers(
            alerts.Length == 0 ? "no alert" : string.Join(" and ", alerts),
            async () =>
            {
                meanwhile();
                seen = await prometheus.Alerts("firing");
                return seen.SetEquals(alerts) ? "" : null;
            },
            () => $"firing: {string.Join(", ", seen)}\n{pods.Logs}");
    }

    private static async Task Is(Pods pods, PrometheusProcess prometheus, string query, double value)
    {
        double? seen = null;
        await Eventually.Answers($"{query} is {value}", async () => (seen = await prometheus.Ask(query)) == value ? "" : null, () => $"{seen}\n{pods.Logs}");
    }
}
