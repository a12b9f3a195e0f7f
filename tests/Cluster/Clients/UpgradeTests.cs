using System.Text.Json;
using AtomGrains.Cluster.Tests.Support;
using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Node.Workers;

namespace AtomGrains.Cluster.Tests.Clients;

/// <summary>Silos of another build of the job take a run only when somebody says so, who is told that it waits for that.</summary>
public sealed class UpgradeTests
{
    private const string Silo = "AtomGrains.Silo";
    private const string Job = "AtomGrains.Torch.dll";

    private static readonly Spec Lasting = Spec.Long with { Steps = 300 };

    [Fact]
    [Trait("Category", "Long")]
    public Task ARunGoesOnFromItsCheckpointWithTheBuildOfLaterSilosOnceItIsAllowedTo() => LongEnough.Run(Lasting, async spec =>
    {
        // A third of it is what the last silo has once nobody is left to take the second copies.
        await using var cluster = new StandingCluster { OfSilos = { ["ATOMGRAINS_GRACE"] = "15" } };
        cluster.StartSilos(2);
        await cluster.Starts("run", spec, workers: 2, "checkpoint-every: 1000");
        await cluster.HasWorkers("run", 2);
        await cluster.Reaches("run", 5);
        await cluster.While("run", "a refusal, and the leave of all silos", async () =>
        {
            Assert.Equal("error: run run has workers: pause it, and ask again once watch says that it is paused", await Refused(cluster));
            var former = cluster.Silos;
            former.ToList().ForEach(silo => silo.Signal(Signals.Terminate));
            foreach (var silo in former)
            {
                Assert.Equal(0, await silo.Ends());
            }
        });

        var rested = cluster.Step("run");
        Assert.InRange(rested, 5, spec.Steps - 2);
        cluster.Program = OtherBuild.Of(Silo, Job, Path.Combine(cluster.Folder, "other"));
        cluster.StartSilos(2);
        await Eventually.Answers(
            "why its devices are of no use",
            async () => (await cluster.Client("list")).Output.Contains("  devices: 0 of 2 (2 offered have another build of the job)", StringComparison.Ordinal) ? "" : null,
            () => cluster.Logs);

        // What is wanted of it does not change what it may be given.
        await cluster.Does("pause", "run");
        await cluster.Does("resume", "run");
        using (var watching = cluster.Watching("run"))
        {
            await Eventually.Holds("the same for who watches", () => watching.StandardOutput.ReadLine()!.EndsWith("waiting for devices: 0 of 2 (2 offered have another build of the job)", StringComparison.Ordinal));
            watching.Kill();
        }

        Assert.Equal(rested, cluster.Step("run"));
        Assert.Equal(
            "run run goes on from its newest checkpoint with the build of the silo that joined last; its folder's run.json says what has changed",
            (await cluster.Does("resume", "run", "--allow-environment-change")).Trim());
        var finished = await cluster.EndsAsTheCalmRun("run", spec);
        Assert.Empty(finished.GivenUp);

        var (before, now) = (OtherBuild.HashOf(Path.Combine(AppContext.BaseDirectory, Job)), OtherBuild.HashOf(Path.Combine(cluster.Folder, "other", Job)));
        var record = cluster.Read("run", "run.json")!;
        Assert.Equal(now, (string?)record["program"]);
        var only = Assert.Single(record["formerly"]!.AsArray())!;
        Assert.Equal((before, (string?)record["bits_class"], rested + 1), ((string?)only["program"], (string?)only["bits_class"], (long)only["steps"]!));
        Assert.Contains($"program was {before} and is {now}", cluster.Logs, StringComparison.Ordinal);
    });

    [Fact]
    public Task ABuildInWhichItWouldBeAnotherRunIsRefusedAndTheRunStaysAsItIs() => LongEnough.Run(Spec.Short with { Steps = 1000 }, async spec =>
    {
        await using var cluster = new StandingCluster();
        cluster.StartSilos(1);
        await cluster.Starts("run", spec, workers: 1);
        await cluster.Reaches("run", 2);
        await cluster.While("run", "rest", async () =>
        {
            await cluster.Does("pause", "run");
            await cluster.Holds("run", "rest", () => (long?)cluster.Read("run", "wanted.json")!["rested_at"] > 0);
        });

        // As a model would have it that has changed since.
        var record = cluster.Read("run", "run.json")!;
        var elements = (int)record["elements"]!;
        record["elements"] = elements + 1;
        var text = record.ToJsonString(new JsonSerializerOptions());
        await File.WriteAllTextAsync(Path.Combine(cluster.Runs, "run", "run.json"), text);
        Assert.Equal(
            $"error: run run: is another run with the silos' build (parameters is {elements + 1} there and {elements} here); must be a new one\nerror: run run stays paused, and with the environment that it had",
            await Refused(cluster));
        Assert.Equal(text, await File.ReadAllTextAsync(Path.Combine(cluster.Runs, "run", "run.json")));
        Assert.Contains("  paused  ", await cluster.Does("list"), StringComparison.Ordinal);
    });

    private static async Task<string> Refused(StandingCluster cluster)
    {
        var ended = await cluster.Client("resume", "run", "--allow-environment-change");
        Assert.True(ended.ExitCode == 2, $"exit code {ended.ExitCode}\n{ended.Output}{ended.Errors}\n{cluster.Logs}");
        return ended.Errors.Trim();
    }
}
