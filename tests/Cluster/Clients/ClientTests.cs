using System.Security.Cryptography;
using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Node.Workers;

namespace AtomGrains.Cluster.Tests.Clients;

/// <summary>
/// Runs that a client starts on standing silos: the weights are those of the embedded host's run with one worker that lost
/// nobody, whatever becomes of silos meanwhile.
/// </summary>
public sealed class ClientTests
{
    private const int Interrupted = 130;

    [Fact]
    public Task RunsComeAndGoOnStandingSilosOneOfWhichIsKilled() => LongEnough.Run(Spec.Long, async spec =>
    {
        await using var cluster = new StandingCluster();
        cluster.StartSilos(3);
        await cluster.Starts("first", spec, workers: 3);
        await cluster.Reaches("first", 5);
        using var left = cluster.Watching("first");
        await cluster.While("first", "a watch that is left, and a silo that is killed", async () =>
        {
            await Eventually.Holds("a line of the watch", () => left.StandardOutput.ReadLine() is { Length: > 0 });
            Assert.True(Signals.Send(left.Id, 2));
            Assert.Equal(Interrupted, (await SampleProgram.Finish(left)).ExitCode);
            Assert.True(Signals.Send(cluster.Workers("first")[1].Silo, Signals.Kill));
        });
        cluster.StartSilos(1);
        var watched = await cluster.Does("watch", "first");
        Assert.Contains($"run first: finished, step {spec.Steps} of {spec.Steps}", watched, StringComparison.Ordinal);
        await cluster.EndsAsTheCalmRun("first", spec);

        // Its devices are free for the next one, on the same silos.
        await cluster.Starts("second", Spec.Short, workers: 2);
        await cluster.Does("watch", "second");
        await cluster.EndsAsTheCalmRun("second", Spec.Short);

        var file = Path.Combine(cluster.Runs, "..", "model.safetensors");
        var exported = await cluster.Does("export", "second", "--out", file);
        Assert.Equal((await CalmRuns.Of(Spec.Short)).WeightsFileHash, Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file))));
        Assert.Contains(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file))), exported, StringComparison.Ordinal);
        var list = (await cluster.Does("list")).Trim().Split('\n');
        Assert.Equal(["first", "second"], list.Select(line => line.Split(' ')[0]));
        Assert.All(list, line => Assert.Contains("finished", line, StringComparison.Ordinal));
        Assert.Empty(cluster.Workers("first"));
    });

    [Fact]
    public async Task AWatchSaysInALineWhyItIsToldNothingAndGoesOnOnceItIs()
    {
        await using var cluster = new StandingCluster();
        cluster.StartSilos(1);
        await cluster.Starts("run", Spec.Short, workers: 2);
        using var watching = cluster.Watching("run");
        await Says("waiting for devices: 1 of 2");
        var wanted = Path.Combine(cluster.Runs, "run", "wanted.json");
        await File.WriteAllTextAsync(wanted, "torn");
        await Says("; asking again");
        File.Delete(wanted);
        await Says("waiting for devices: 1 of 2");
        await cluster.Does("stop", "run");
        var ended = await SampleProgram.Finish(watching);
        Assert.Equal((1, ""), (ended.ExitCode, ended.Errors));
        Assert.StartsWith("run run: stopped at step 0 of 12: ", Assert.Single(ended.Output.Trim().Split('\n')), StringComparison.Ordinal);

        Task Says(string end) => Eventually.Holds(end, () => watching.StandardOutput.ReadLine() is { } line
            ? line.StartsWith("run run: ", StringComparison.Ordinal) && line.EndsWith(end, StringComparison.Ordinal)
            : throw new InvalidOperationException($"the watch ended: {watching.StandardError.ReadToEnd()}"), () => cluster.Logs);
    }

    [Fact]
    public Task APausedRunOutlivesAllSilosAndGoesOnToTheSameBits() => LongEnough.Run(Spec.Medium, async spec =>
    {
        await using var cluster = new StandingCluster();
        cluster.StartSilos(3);
        await cluster.Starts("run", spec, workers: 2);
        await cluster.Reaches("run", 5);
        await cluster.While("run", "a third worker, and rest", async () =>
        {
            await cluster.Does("scale", "run", "3");
            await cluster.HasWorkers("run", 3);
            await cluster.Does("pause", "run");
            await cluster.Holds("run", "rest", () => cluster.Workers("run").Count == 0 && (long?)cluster.Read("run", "wanted.json")!["rested_at"] > 0);
        });
        var steps = cluster.Metrics("run").Count;
        Assert.True(steps < spec.Steps, $"{steps} steps");
        Assert.Contains("paused", await cluster.Does("list"), StringComparison.Ordinal);

        await cluster.KillAll();
        cluster.StartSilos(3);
        await Eventually.Answers("the paused run", async () => (await cluster.Client("list")).Output.Contains("paused", StringComparison.Ordinal) ? "" : null);
        Assert.Equal(steps, cluster.Metrics("run").Count);
        await cluster.Does("resume", "run");
        await cluster.EndsAsTheCalmRun("run", spec);

        // Nothing was lost by the pause, nobody was taken for dead, and as many workers went on as were wanted before.
        var finished = await cluster.Finish("run", spec);
        Assert.Empty(finished.GivenUp);
        Assert.Equal(["scale"], finished.FaultKinds);
        Assert.Equal(3, finished.WorkersOfViews[^1]);
    });

    [Fact]
    [Trait("Category", "Long")]
    public Task ARunAllOfWhoseSilosAreKilledGoesOnByItselfOnOthers() => LongEnough.Run(Spec.Medium, async spec =>
    {
        await using var cluster = new StandingCluster();
        cluster.StartSilos(2);
        await cluster.Starts("run", spec, workers: 2, "checkpoint-every: 10");
        await cluster.Reaches("run", 25);
        await cluster.KillAll();
        cluster.StartSilos(2);
        await cluster.EndsAsTheCalmRun("run", spec);
        var finished = await cluster.Finish("run", spec);
        finished.LastedUntil("the end of all silos", finished.Metrics.Select(line => (long)line["lineage"]!).Distinct().Count() > 1);
        Assert.Equal(2, finished.Metrics.Select(line => (long)line["lineage"]!).Distinct().Count());
    });
}
