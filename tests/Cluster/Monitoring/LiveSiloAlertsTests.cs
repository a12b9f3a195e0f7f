using System.Globalization;
using AtomGrains.Cluster.Tests.Clients;
using AtomGrains.EndToEnd.Tests.Monitoring;
using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.EndToEnd.Tests.Telemetry;
using AtomGrains.Node.Workers;

namespace AtomGrains.Cluster.Tests.Monitoring;

/// <summary>A real Prometheus with the real rules on standing silos that train a run and are killed.</summary>
public sealed class LiveSiloAlertsTests
{
    private const string Run = "run";
    private const string Stalled = "AtomGrainsRunStalled";
    private const string NoSpares = "AtomGrainsSparesGone";
    private const string SilosDown = "AtomGrainsSilosDown";
    private const string CrashLoop = "AtomGrainsSiloCrashLoop";

    [FactWithPrometheus]
    public async Task WithMinutesTakenForSecondsTheAlertsFireWhenSilosAreKilledAndClearWhenTheyAreBack()
    {
        await using var cluster = new StandingCluster();
        using var pods = new Pods(cluster, count: 3);
        using var prometheus = PrometheusProcess.OfPods(pods.Addresses, AlertWatch.Rules);
        var watch = new AlertWatch(prometheus, () => pods.Logs);
        pods.StartAll();
        await cluster.Starts(Run, Spec.Long with { Steps = 100_000 }, workers: 2, "spares: 1", "checkpoint-every: 5");
        await watch.Trains();
        await watch.Is("sum(atomgrains_workers_ready) - sum(atomgrains_workers)", 1);
        await watch.NoneFires();

        // One of three: the spare takes its place, and none is left.
        await pods.Kill(0);
        await watch.FireAlone(NoSpares);
        await watch.Trains();
        pods.Start(0);
        await watch.NoneFires();
        await watch.Is("sum(atomgrains_workers_ready) - sum(atomgrains_workers)", 1);

        // All of them: nobody is left to say of the run that it stands still.
        await pods.KillAll();
        await watch.FireAlone(SilosDown);

        // They are back, and what is to compute there stands still as it starts: as if no device could be had.
        pods.StartAll();
        var stopped = new HashSet<int>();
        await watch.FireAlone(() => Stop(pods, stopped), Stalled, NoSpares);
        await watch.StandsStill();
        Assert.NotEmpty(stopped);
        foreach (var child in stopped)
        {
            Signals.Send(child, Signals.Continue);
        }

        await watch.Trains();
        await watch.NoneFires();
        await cluster.Does("stop", Run);
    }

    [FactWithPrometheus]
    [Trait("Category", "Long")]
    public async Task WithMinutesTakenForSecondsASiloThatIsKilledAgainAndAgainIsACrashLoopUntilItLives()
    {
        await using var cluster = new StandingCluster();
        using var pods = new Pods(cluster, count: 2);
        using var prometheus = PrometheusProcess.OfPods(pods.Addresses, AlertWatch.Rules);
        var watch = new AlertWatch(prometheus, () => pods.Logs);
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
        await watch.NoneFires();
    }

    private static void Stop(Pods pods, HashSet<int> stopped)
    {
        foreach (var child in pods.Children.Where(stopped.Add))
        {
            Signals.Send(child, Signals.Stop);
        }
    }
}
