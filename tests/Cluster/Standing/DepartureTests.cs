using AtomGrains.Cluster.Tests.Clients;
using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Node.Workers;

namespace AtomGrains.Cluster.Tests.Standing;

/// <summary>Silos that are asked to end while they train: what they have goes on elsewhere, or later, and no step is lost.</summary>
public sealed class DepartureTests
{
    private static readonly Spec Lasting = Spec.Long with { Steps = 600 };
    private static readonly Spec Briefer = Spec.Long with { Steps = 300 };

    [Fact]
    [Trait("Category", "Long")]
    public Task AllSilosAreReplacedOneByOneAndTheRunGoesOnAllTheWhile() => LongEnough.Run(Lasting, async spec =>
    {
        await using var cluster = await Training(silos: 3, spec);
        var former = cluster.Silos;
        Assert.Contains(cluster.CoordinatorOf("run"), former);
        await cluster.While("run", "all silos replaced", async () =>
        {
            foreach (var silo in former)
            {
                var asked = cluster.Step("run");
                silo.Signal(Signals.Terminate);
                Assert.Equal(0, await silo.Ends());
                Assert.True(cluster.Step("run") > asked, $"step {asked} when {silo.Name} was asked to end and when it had\n{cluster.Logs}");
                await cluster.StartSilo().IsReady();
            }

            Assert.DoesNotContain(cluster.CoordinatorOf("run"), former);
            await cluster.HasWorkers("run", 3);
        });
        HaveHandedOver(await cluster.EndsWithoutALoss("run", spec), leavers: 3);
    });

    [Fact]
    [Trait("Category", "Long")]
    public Task HalfOfTheSilosHandOverWithinTheirNotice() => LongEnough.Run(Briefer, async spec =>
    {
        await using var cluster = await Training(silos: 4, spec);
        var coordinator = cluster.CoordinatorOf("run");
        var asked = cluster.Silos.Where(silo => silo != coordinator).Take(1).Append(coordinator).ToList();
        asked.ForEach(silo => silo.Signal(Signals.Terminate));
        foreach (var silo in asked)
        {
            // It is not 0 once the notice is over.
            Assert.Equal(0, await silo.Ends());
        }

        await cluster.HasWorkers("run", 2);
        await cluster.Reaches("run", cluster.Step("run") + 5);
        var finished = await cluster.EndsWithoutALoss("run", spec);
        HaveHandedOver(finished, leavers: 2);
        Assert.Equal(2, finished.WorkersOfViews[^1]);
    });

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [Trait("Category", "Long")]
    public Task ARunAllOfWhoseSilosAreAskedToEndRestsAndGoesOnOnLaterOnesWithoutALoss(int silos) => LongEnough.Run(Lasting, async spec =>
    {
        await using var cluster = await Training(silos, spec, "checkpoint-every: 1000");
        var asked = cluster.Silos;
        await cluster.While("run", "the leave of all silos", async () =>
        {
            foreach (var silo in asked)
            {
                silo.Signal(Signals.Terminate);
            }

            foreach (var silo in asked)
            {
                Assert.Equal(0, await silo.Ends());
            }
        });

        var rested = cluster.Step("run");
        Assert.InRange(rested, 5, spec.Steps - 2);
        Assert.False((bool)cluster.Read("run", "wanted.json")!["is_paused"]!);
        cluster.StartSilos(silos);
        var finished = await cluster.Finish("run", spec);
        await finished.EqualsTheCalmRun();
        Assert.Empty(finished.GivenUp);
        HaveHandedOver(finished, leavers: silos);
    });

    [Fact]
    public Task ARunKeepsToTheNoticeThatItsSilosHave() => LongEnough.Run(Lasting, async spec =>
    {
        await using var cluster = new StandingCluster { OfSilos = { ["ATOMGRAINS_GRACE"] = "6" } };
        await Train(cluster, silos: 1, spec, "checkpoint-every: 1000");
        var silo = cluster.Silos.Single();
        await cluster.While("run", "rest", async () =>
        {
            silo.Signal(Signals.Terminate);

            // It is not 0 once the notice is over.
            Assert.Equal(0, await silo.Ends());
            Assert.True((long?)cluster.Read("run", "wanted.json")?["rested_at"] > 0, cluster.Logs);
        });
    });

    [Fact]
    public Task ASiloWhoseGraceIsOverBeforeItsRunsHaveGoneSaysSoAndEndsWithExitCodeOne() => LongEnough.Run(Lasting, async spec =>
    {
        await using var cluster = new StandingCluster { OfSilos = { ["ATOMGRAINS_GRACE"] = "2" } };
        await Train(cluster, silos: 1, spec);
        var silo = cluster.Silos.Single();
        await cluster.While("run", "a worker that is paused", () => Task.FromResult(Signals.Send(cluster.Workers("run").Values.Single().Pid, Signals.Stop)));
        silo.Signal(Signals.Terminate);
        Assert.Equal(1, await silo.Ends());
        Assert.Contains("error: silo: the grace of 2 s was over before its runs had gone elsewhere", silo.Said, StringComparison.Ordinal);
        Assert.DoesNotContain("has left", silo.Said, StringComparison.Ordinal);
    });

    [Fact]
    public async Task ASiloThatIsAskedToEndBeforeItHasJoinedEndsWithExitCodeZero()
    {
        await using var cluster = new StandingCluster();
        var first = cluster.StartSilo();
        await first.IsReady();

        // A member that does not answer keeps others from joining.
        first.Signal(Signals.Stop);
        var second = cluster.StartSilo();
        await second.Says("silo: joins cluster");
        second.Signal(Signals.Terminate);
        Assert.Equal(0, await second.Ends());
        Assert.Contains("silo: ends before it has joined", second.Said, StringComparison.Ordinal);
        Assert.DoesNotContain("silo: has joined", second.Said, StringComparison.Ordinal);
        first.Signal(Signals.Continue);
        await first.IsReady();
    }

    [Fact]
    [Trait("Category", "Long")]
    public async Task ASiloThatHangsAtItsEndIsEndedWithExitCodeOne()
    {
        await using var cluster = new StandingCluster { OfSilos = { ["ATOMGRAINS_GRACE"] = "2" } };
        var silo = cluster.StartSilo();
        await silo.IsReady();

        // Whoever reads the membership from now on never comes back: its newest version is a pipe that nobody writes to.
        var pipe = Path.Combine(cluster.Clustering["directory:".Length..], "atomgrains", "membership", $"{int.MaxValue - 1}.json");
        using (var made = System.Diagnostics.Process.Start("mkfifo", [pipe]))
        {
            await made.WaitForExitAsync();
            Assert.Equal(0, made.ExitCode);
        }

        silo.Signal(Signals.Terminate);
        Assert.Equal(1, await silo.Ends());
        Assert.Contains("the silo did not end in order", silo.Said, StringComparison.Ordinal);
        Assert.DoesNotContain("has left", silo.Said, StringComparison.Ordinal);
    }

    private static async Task<StandingCluster> Training(int silos, Spec spec, params string[] settings)
    {
        var cluster = new StandingCluster();
        try
        {
            await Train(cluster, silos, spec, settings);
            return cluster;
        }
        catch (RunEndedFirstException)
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    private static async Task Train(StandingCluster cluster, int silos, Spec spec, params string[] settings)
    {
        cluster.StartSilos(silos);
        await cluster.Starts("run", spec, workers: silos, settings);
        await cluster.HasWorkers("run", silos);
        await cluster.Reaches("run", 5);
    }

    // Nothing but, at the most, the lanes that a leaver had of the step at hand: they go to others, whether it had begun them or not.
    private static void HaveHandedOver(FinishedRun finished, int leavers)
    {
        finished.LastedUntil("the leave of all", finished.FaultKinds.Count() >= leavers);
        Assert.Equal(Enumerable.Repeat("exit", leavers), finished.FaultKinds);
        Assert.InRange(finished.Count("lanes_recomputed"), 0, finished.Faults.Sum(fault => LanesOf((string)fault["who"]!, (long)fault["generation_before"]!)));

        int LanesOf(string who, long generation) => finished.Views.Single(view => (long)view["Generation"]!["Value"]! == generation)["LaneOwners"]!.AsArray()
            .Count(owner => $"n{owner!["Value"]}" == who.Split(' ')[0]);
    }
}
