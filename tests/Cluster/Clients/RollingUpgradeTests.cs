using AtomGrains.Cluster.Tests.Standing;
using AtomGrains.Cluster.Tests.Support;
using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Node.Workers;

namespace AtomGrains.Cluster.Tests.Clients;

/// <summary>Silos are replaced under load by those of another build of the job, one by one: for a while both builds stand side by side.</summary>
[Trait("Category", "Long")]
public sealed class RollingUpgradeTests
{
    private const string Silo = "AtomGrains.Silo";
    private const string Job = "AtomGrains.Torch.dll";

    private static readonly Spec Lasting = Spec.Long with { Steps = 1000 };

    // Not over before all silos are replaced, on a machine that is quick about steps as well.
    private static readonly Spec Longer = Spec.Long with { Steps = 2000 };

    [Fact]
    public async Task ARunGoesOnOnTheSilosOfItsBuildAsLongAsThereAreAnyAndThenWaitsToBeGivenToTheOthers()
    {
        await using var cluster = new StandingCluster { OfSilos = { ["ATOMGRAINS_GRACE"] = "9" } };
        cluster.StartSilos(3);
        await cluster.Starts("run", Longer, workers: 3, "checkpoint-every: 10000");
        await cluster.HasWorkers("run", 3);
        await cluster.Reaches("run", 5);
        var former = cluster.Silos;
        BuildAnother(cluster);
        for (var replaced = 1; replaced <= 3; replaced++)
        {
            // As a rollout does it: the new one is ready before the old one is asked to end, whoever coordinates the run.
            await cluster.StartSilo().IsReady();
            await Leaves(cluster, former[replaced - 1]);
            await Lists(cluster, $"  devices: {3 - replaced} of 3 ({replaced} offered {(replaced == 1 ? "has" : "have")} another build of the job)");
            if (replaced < 3)
            {
                await cluster.HasWorkers("run", 3 - replaced);
                await cluster.Reaches("run", cluster.Step("run") + 5);
            }
        }

        // It rests where its last silo left it, and says so to whoever watches.
        var rested = cluster.Step("run");
        Assert.InRange(rested, 5, Longer.Steps - 2);
        using (var watching = cluster.Watching("run"))
        {
            await Eventually.Holds("why it waits", () => watching.StandardOutput.ReadLine()!.EndsWith("waiting for devices: 0 of 3 (3 offered have another build of the job)", StringComparison.Ordinal));
            watching.Kill();
        }

        // The cluster is none the worse for it: the devices that are of no use to this run are another's meanwhile.
        foreach (var silo in cluster.Silos)
        {
            await silo.IsReady();
        }

        await cluster.Starts("later", Spec.Short, workers: 2);
        await cluster.EndsAsTheCalmRun("later", Spec.Short);
        Assert.Equal(rested, cluster.Step("run"));

        await cluster.Does("resume", "run", "--allow-environment-change");
        await cluster.HasWorkers("run", 3);
        var finished = await cluster.EndsAsTheCalmRun("run", Longer);
        Assert.Empty(finished.GivenUp);

        // On a busy machine a coordinator that takes over may hear a node too late, and note that too.
        Assert.Equal(3, finished.FaultKinds.Count(kind => kind == "exit"));
        Assert.Equal(rested + 1, (long?)cluster.Read("run", "run.json")!["formerly"]!.AsArray().Single()!["steps"]);
    }

    [Fact]
    public async Task WhileBothBuildsStandSideBySideANewRunAndOneThatIsGivenToTheNewBuildAreComputedByThat()
    {
        await using var cluster = new StandingCluster { OfSilos = { ["ATOMGRAINS_GRACE"] = "9" } };
        cluster.StartSilos(1);
        await cluster.Starts("run", Lasting, workers: 2, "checkpoint-every: 10000");
        await cluster.HasWorkers("run", 1);
        await cluster.Reaches("run", 5);
        var former = cluster.Silos.Single();
        BuildAnother(cluster);
        await cluster.StartSilo().IsReady();
        await Lists(cluster, "  devices: 1 of 2 (1 offered has another build of the job)");

        // Of the build that stays: the other one is gone once the rollout is over.
        await cluster.Starts("later", Spec.Short, workers: 1);
        Assert.Equal(NowOf(cluster), (string?)cluster.Read("later", "run.json")!["program"]);
        await cluster.EndsAsTheCalmRun("later", Spec.Short);

        await cluster.Does("pause", "run");
        await Eventually.Holds("rest", () => (long?)cluster.Read("run", "wanted.json")!["rested_at"] > 0, () => cluster.Logs);
        await cluster.Does("resume", "run", "--allow-environment-change");
        await Lists(cluster, "  devices: 1 of 2 (1 offered has another build of the job)");
        Assert.Equal(NowOf(cluster), (string?)cluster.Read("run", "run.json")!["program"]);
        await cluster.HasWorkers("run", 1);
        Assert.Equal(cluster.Silos[^1].Pid, cluster.Workers("run").Single().Value.Silo);

        // The rollout goes on, and what the last silo of the former build coordinates goes on with it.
        await cluster.StartSilo().IsReady();
        await cluster.HasWorkers("run", 2);
        await Leaves(cluster, former);
        await cluster.Reaches("run", cluster.Step("run") + 5);
        Assert.Empty((await cluster.EndsAsTheCalmRun("run", Lasting)).GivenUp);
    }

    private static void BuildAnother(StandingCluster cluster) => cluster.Program = OtherBuild.Of(Silo, Job, Path.Combine(cluster.Folder, "other"));

    private static string NowOf(StandingCluster cluster) => OtherBuild.HashOf(Path.Combine(cluster.Folder, "other", Job));

    private static async Task Leaves(StandingCluster cluster, StandingProcess silo)
    {
        silo.Signal(Signals.Terminate);
        var exitCode = await silo.Ends();
        Assert.True(exitCode == 0, $"{silo.Name}: exit code {exitCode}\n{cluster.Logs}");
    }

    private static Task Lists(StandingCluster cluster, string detail)
    {
        var listed = "";
        return Eventually.Answers(
            $"a list with {detail}",
            async () => (listed = (await cluster.Client("list")).Output).Contains(detail, StringComparison.Ordinal) ? "" : null,
            () => $"{listed}\n{cluster.Logs}");
    }
}
