using AtomGrains.Cluster.Tests.Clients;
using AtomGrains.EndToEnd.Tests.Monitoring;
using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Node.Workers;

namespace AtomGrains.Cluster.Tests.Monitoring;

/// <summary>The page of a standing silo that coordinates a run, against what alerts, dashboard and runbook ask for.</summary>
public sealed class SiloPageTests
{
    [Fact]
    public async Task AllThatAlertsDashboardAndRunbookAskForIsOnThePageOfASiloWhoseRunHasLostAWorker()
    {
        await using var cluster = new StandingCluster();
        cluster.StartSilos(3);
        await cluster.Starts("run", Spec.Long with { Steps = 100_000 }, workers: 2, "spares: 1", "checkpoint-every: 5", "audit-lanes: 0.25");
        await cluster.HasWorkers("run", 3);
        await cluster.Reaches("run", 5);
        Assert.True(Signals.Send(cluster.Workers("run")[0].Pid, Signals.Kill));
        IReadOnlyList<string> missing = [];
        await Eventually.Answers("a page with all that is asked for", async () =>
        {
            if (await cluster.CoordinatorOf("run").Get("/metrics") is not { Status: 200 } page)
            {
                return null;
            }

            missing = AskedMetrics.MissingOn(page.Text);
            return missing.Count == 0 ? "" : null;
        }, () => $"missing: {string.Join(", ", missing)}\n{cluster.Logs}");

        // A run for which there is no device is on every silo's page, with as many as it wants.
        await cluster.Starts("waits", Spec.Short, workers: 4, "spares: 1");
        foreach (var silo in cluster.Silos)
        {
            await Eventually.Answers(
                $"the waiting run on the page of {silo.Name}",
                async () => (await silo.Get("/metrics"))?.Text.Contains("atomgrains_run_devices_wanted{run=\"waits\"} 5\n", StringComparison.Ordinal) == true ? "" : null,
                () => cluster.Logs);
        }

        // One that is not there would be found.
        Assert.Contains("atomgrains_loss", AskedMetrics.MissingOn((await cluster.CoordinatorOf("run").Get("/metrics"))!.Value.Text.Replace("atomgrains_loss", "atomgrains_lost", StringComparison.Ordinal)));
    }
}
