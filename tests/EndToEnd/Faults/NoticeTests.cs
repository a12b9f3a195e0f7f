using System.Text.Json.Nodes;
using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Node.Storage.Checkpoints;
using AtomGrains.Node.Storage.Objects;
using AtomGrains.Node.Workers;

namespace AtomGrains.EndToEnd.Tests.Faults;

/// <summary>Processes that are asked to end (SIGTERM) hand over and leave, whenever that is, and nobody counts it as a loss.</summary>
public sealed class NoticeTests
{
    [Fact]
    public Task ANoticeDuringStartUpTheFirstStepAndAnEvaluationIsNoLoss() => LongEnough.Run(new Spec(80), async spec =>
    {
        // The longer the run, the longer its evaluations.
        long evaluated = spec.Steps / 2;
        const string FirstStep = "exit:worker=0@step=0";
        spec = new Spec(spec.Steps, "--layers", "2", "--width", "32", "--heads", "2", "--context", "32", "--lanes", "8", "--global-batch", "8", "--block-elements", "2048", "--eval-every", $"{evaluated}", "--eval-batches", $"{25 * evaluated}", "--warmup", "4");
        using var run = TrainProcess.Start(spec, workers: 4, [FirstStep]);
        var starting = await run.Shows("processes that start", status => status.Nodes.Count == 4 && status.Nodes.All(node => node.State == "starting"));
        await run.Strike(Signals.Terminate, starting.Nodes.Single(node => node.Worker == 1).Pid);

        // Its decision waits for the evaluation, so the step stands still for as long as that takes.
        var evaluating = await run.Shows("an evaluation", status => status.Step == evaluated && status.Running.Any(node => node.Worker == 2));
        await run.Strike(Signals.Terminate, evaluating.Worker(2).Pid);
        var finished = await run.Finish();

        await finished.EqualsTheCalmRun();
        finished.Fault("exit", 1);
        Assert.InRange((long)finished.Fault("exit", 0, FirstStep)["step"]!, 0, 1);
        finished.LastedUntil("the notice, in the evaluation", (long)finished.Fault("exit", 2)["step"]! == evaluated);
        Assert.Equal(["exit", "exit", "exit"], finished.FaultKinds);
        Assert.Equal(0, finished.Count("faults"));
        Assert.InRange(finished.Count("lanes_recomputed"), 0, 3); // the lane that each of them was in the middle of, at the most
    });

    [Fact]
    [Trait("Category", "Long")]
    public async Task ANoticeInALongStepMovesTheLanesWithinTheStep()
    {
        // Steps of seconds, and a notice of which a sixth is far shorter.
        const string Order = "exit:worker=1@step=0/compute";
        var spec = new Spec(1, "--layers", "2", "--width", "64", "--heads", "2", "--context", "64", "--lanes", "16", "--global-batch", "1536", "--block-elements", "4096", "--eval-batches", "2", "--warmup", "1");
        using var run = TrainProcess.Start(spec, workers: 3, [Order], ["--grace", "3"]);
        var finished = await run.Finish();

        await finished.EqualsTheCalmRun();
        Assert.Equal(0, (long)finished.Fault("exit", 1, Order)["step"]!);
        Assert.Equal(0, finished.Count("faults"));

        // The view that has it no more is older than the decision of the step in which it was asked.
        var left = finished.Views.First(view => view["LaneOwners"]!.AsArray().Select(owner => owner!.ToJsonString()).Distinct().Count() == 2);
        Assert.True((long)finished.Metrics.Single(line => (long)line["step"]! == 0)["generation"]! >= (long)left["Generation"]!["Value"]!, finished.ToString());
    }

    [Fact]
    public Task WhoCannotHandOverInTimeEndsAndSaysWhy() => LongEnough.Run(Spec.Medium, async spec =>
    {
        // Alone, it would have to wait for a whole process to start; the run is to be far from its end when the notice is over.
        const string Order = "exit:worker=0@step=5";
        using var run = TrainProcess.Start(spec, workers: 1, [Order], ["--grace", "0.1"]);
        var finished = await run.Finish();

        await finished.EqualsTheCalmRun();
        var logs = Directory.EnumerateFiles(Path.Combine(run.Folder, "logs")).Select(File.ReadAllText);
        finished.LastedUntil("the end of the notice", logs.Any(log => log.Contains("the notice of 0.1 s is over, and not everything is handed over", StringComparison.Ordinal)));

        // It was asked to end: that is no fault, however it ended.
        Assert.All(finished.FaultKinds, kind => Assert.Equal("exit", kind));
        Assert.Equal(0, finished.Count("faults"));
        Assert.Empty(finished.Report!["recoveries"]!.AsArray());
    });

    [Fact]
    [Trait("Category", "Long")]
    public Task ANoticeWhileItsSlicesAreWrittenCostsNeitherAStepNorACheckpoint() => LongEnough.Run(Spec.Medium with { Steps = 60 }, async spec =>
    {
        // At that point the update of step 19 is applied, and slices of step 20 are just being taken and written.
        const string Order = "exit:worker=1@step=19/apply";
        var folder = TrainProcess.NewFolder();
        try
        {
            using var run = TrainProcess.Start(spec, workers: 3, [Order], ["--checkpoint-every", "20", "--keep", "100"], folder);
            var finished = await run.Finish();

            await finished.EqualsTheCalmRun();
            finished.Fault("exit", 1, Order);
            Assert.Equal(0, finished.Count("faults"));
            Assert.Single(finished.Metrics.Select(line => (long)line["lineage"]!).Distinct());
            var store = new CheckpointStore(new DirectoryObjectStore(Path.Combine(folder, "checkpoints")));
            Assert.Contains(20, store.List().Select(checkpoint => checkpoint.Step));
            var elements = (int)JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "run.json")))!["elements"]!;
            Assert.All(store.List(), checkpoint => Assert.Null(store.Verify(checkpoint, elements, out _)));
        }
        finally
        {
            TrainProcess.Remove(folder);
        }
    });
}
