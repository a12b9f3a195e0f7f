using System.Diagnostics;
using System.Text.Json.Nodes;
using AtomGrains.Cluster.Tests.Clients;
using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Node.Workers;

namespace AtomGrains.Cluster.Tests.Standing;

/// <summary>
/// The store of the cluster's membership takes connections and answers nothing. Training does not ask it anything: a run's
/// views have a register of their own. What needs it, a coordinator on another silo and a silo that joins, waits for it.
/// </summary>
[Trait("Needs", "Azurite")]
[Trait("Category", "Long")]
public sealed class MembershipOutageTests
{
    private const int Silos = 3;

    private static readonly TimeSpan Minute = TimeSpan.FromSeconds(60);

    // More than any machine does in the minute: it is stopped.
    private static readonly Spec Endless = Spec.Medium with { Steps = 100_000 };

    // Longer than it takes every silo to notice.
    private static readonly Spec Shorter = Spec.Long with { Steps = 800 };

    [Fact]
    public async Task TrainingGoesOnForAMinuteWithoutTheStoreAndGetsOverADeathInIt()
    {
        await using var cluster = await Training(Endless);
        var away = Stopwatch.StartNew();
        await LoseTable(cluster);
        var coordinator = cluster.CoordinatorOf("run");
        var (worker, (_, silo)) = cluster.Workers("run").First(one => one.Value.Silo != coordinator.Pid);
        Assert.True(Signals.Send(silo, Signals.Kill));
        var killed = cluster.Step("run");
        await cluster.Reaches("run", killed + 20);
        await Eventually.Holds("a minute without the store", () => away.Elapsed > Minute);
        var back = cluster.Step("run");
        await cluster.Reaches("run", back + 20);
        cluster.Table!.Thaw();

        // Now that others can hear of it the silo is dead, and another one takes its place.
        await StandingSiloTests.HasMembers(cluster.Table, "Active", "Active", "Dead");
        await cluster.StartSilo().IsReady();
        await cluster.HasWorkers("run", Silos);
        await cluster.Reaches("run", cluster.Step("run") + 20);
        await cluster.Does("stop", "run");
        var stopped = await cluster.Finish("run", Endless);
        Assert.EndsWith($" worker {worker}", (string)Assert.Single(stopped.Faults)["who"]!, StringComparison.Ordinal);
        Assert.Empty(stopped.GivenUp);
        Assert.Equal(stopped.Metrics.Count, stopped.LossBits.Count);
        await cluster.IsSoFarAsTheCalmRun("run", Endless);
    }

    [Fact]
    public Task ACoordinatorWhoseSiloDiesWithoutTheStoreLivesAgainWhenItIsBackAndNothingIsDecidedTwice() => LongEnough.Run(Shorter, async spec =>
    {
        await using var cluster = await Training(spec);
        await cluster.While("run", "word of the lost table", () => LoseTable(cluster));
        var coordinator = cluster.CoordinatorOf("run");
        var worker = -1;
        await cluster.Holds("run", "its worker", () => (worker = cluster.Workers("run").Where(one => one.Value.Silo == coordinator.Pid).Select(one => one.Key).SingleOrDefault(-1)) >= 0);
        coordinator.Signal(Signals.Kill);
        await coordinator.Ends();
        cluster.Table!.Thaw();
        var finished = await cluster.EndsWithoutALoss("run", spec);
        finished.LastedUntil("the coordinator's death", finished.Faults.Count > 0);
        Assert.NotEqual(coordinator, cluster.CoordinatorOf("run"));

        // Who died with the coordinator is in the ledger once, though neither the one that died nor the table could tell.
        Assert.EndsWith($" worker {worker}", (string)Assert.Single(finished.Faults)["who"]!, StringComparison.Ordinal);

        // Both coordinators wrote views and metrics: each generation is one of them, and none comes back.
        var generations = finished.Metrics.Select(line => (long)line["generation"]!).ToList();
        Assert.Equal(generations.Order(), generations);
        var views = finished.Views.Select(view => Number(view["Generation"]!)).ToList();
        Assert.Equal(Enumerable.Range(1, views.Count).Select(generation => (long)generation), views);
        Assert.True(generations.Distinct().Count() > 1, "there was no other view");
        Assert.Empty(generations.Except(views));
        Assert.Single(finished.Views.Select(view => Number(view["Lineage"]!)).Distinct());
    });

    private static long Number(JsonNode node) => node is JsonObject wrapped ? Number(wrapped.First().Value!) : (long)node;

    private static async Task<StandingCluster> Training(Spec spec)
    {
        var cluster = new StandingCluster(inTable: true);
        try
        {
            cluster.StartSilos(Silos);
            await cluster.Starts("run", spec, workers: Silos);
            await cluster.HasWorkers("run", Silos);
            await cluster.Reaches("run", 5);
            return cluster;
        }
        catch (RunEndedFirstException)
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    // Every silo has noticed.
    private static async Task LoseTable(StandingCluster cluster)
    {
        cluster.Table!.Freeze();
        foreach (var silo in cluster.Silos)
        {
            await silo.Says("Failed to update table entry for this silo");
        }
    }
}
