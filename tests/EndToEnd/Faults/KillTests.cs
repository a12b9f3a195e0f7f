using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Node.Workers;

namespace AtomGrains.EndToEnd.Tests.Faults;

/// <summary>Processes that die: whatever dies wherever in a step, the weights are those of the run that lost nobody.</summary>
public sealed class KillTests
{
    [Fact]
    public Task AKillAtEachPointOfAStepChangesNoBit() => LongEnough.Run(Spec.Medium, async spec =>
    {
        // Each strikes a process that was there from the beginning, so none waits for a replacement.
        (string Order, int Worker, int Step)[] kills =
        [
            ("kill:worker=0@step=10/compute", 0, 10), ("kill:worker=1@step=35/push", 1, 35), ("kill:worker=2@step=60/seal", 2, 60),
            ("kill:worker=3@step=85/decide", 3, 85), ("kill:worker=4@step=110/apply", 4, 110), ("kill:worker=5@step=130", 5, 130),
        ];
        using var run = TrainProcess.Start(spec, workers: 6, [.. kills.Select(kill => kill.Order)]);
        var finished = await run.Finish();

        await finished.EqualsTheCalmRun();
        foreach (var (order, worker, step) in kills)
        {
            // Who applies a decision is a step ahead of what the coordinator decides next by the time its death is seen.
            var fault = finished.Fault("kill", worker, order);
            Assert.InRange((long)fault["step"]!, step, step + 1);
            Assert.Equal(0, (long)fault["steps_redone"]!);
            Assert.True((long)fault["generation_after"]! > (long)fault["generation_before"]!);
        }

        Assert.Equal(kills.Length, finished.Count("faults"));
        Assert.True(finished.Count("lanes_recomputed") > 0, finished.ToString());
    });

    [Fact]
    public Task KillsDuringRecoveriesChangeNoBit() => LongEnough.Run(Spec.Long, async spec =>
    {
        // Step 50 cannot be sealed before it has been recovered from the first kill, so the second falls into that.
        string[] kills = ["kill:worker=1@step=5/seal", "kill:worker=1@step=5/join", "kill:worker=0@step=50/push", "kill:worker=2@step=50/seal"];
        using var run = TrainProcess.Start(spec, workers: 4, kills);
        var finished = await run.Finish();

        await finished.EqualsTheCalmRun();
        finished.Fault("kill", 1, kills[0]);
        finished.Fault("kill", 1, kills[1]);
        Assert.Equal(50, (long)finished.Fault("kill", 0, kills[2])["step"]!);
        Assert.Equal(50, (long)finished.Fault("kill", 2, kills[3])["step"]!);
        Assert.True(finished.Count("faults") >= 4);
        finished.LastedUntil("four replacements", finished.Count("workers_started") >= 8);

        // The second replacement of worker 1 did join: there were three workers, and then four again.
        finished.LastedUntil("four workers again", finished.WorkersOfViews.SkipWhile(workers => workers == 4).Contains(4));
    });

    [Fact]
    public Task TwoKillsAtOnceFromOutsideChangeNoBit() => LongEnough.Run(Spec.Medium, async spec =>
    {
        using var run = TrainProcess.Start(spec, workers: 4);
        var status = await run.Trains(4, step: 3);
        var first = status.Worker(0);
        var second = status.Running.First(node => !node.Partitions.Intersect(first.Partitions).Any());
        await Kill(run, first, second);
        var finished = await run.Finish();

        await finished.EqualsTheCalmRun();
        Assert.Equal(0, (long)finished.Fault("kill", first.Worker)["steps_redone"]!);
        Assert.Equal(0, (long)finished.Fault("kill", second.Worker)["steps_redone"]!);
    });

    [Fact]
    public async Task AllWorkersButOneMayDieAtOnce()
    {
        // Of two partitions, on nodes 0 and 1 and on nodes 1 and 2, worker 1 has a copy of each.
        string[] kills = ["kill:worker=0@step=5/compute", "kill:worker=2@step=5/compute", "kill:worker=3@step=5/compute"];
        using var run = TrainProcess.Start(Spec.Short, workers: 4, kills, ["--partitions", "2"]);
        var finished = await run.Finish();

        await finished.EqualsTheCalmRun();
        Assert.Equal(0, (long)finished.Fault("kill", 0, kills[0])["steps_redone"]!);
        Assert.Equal(0, (long)finished.Fault("kill", 2, kills[1])["steps_redone"]!);
        Assert.Equal(0, (long)finished.Fault("kill", 3, kills[2])["steps_redone"]!);
        Assert.Contains(1, finished.WorkersOfViews);
    }

    [Fact]
    public Task LossOfBothCopiesStartsANewLineageAndSaysSo() => LongEnough.Run(Spec.Medium, async spec =>
    {
        using var run = TrainProcess.Start(spec, workers: 4);
        var status = await run.Trains(4, step: 5);
        var first = status.Worker(0);
        var second = status.Running.First(node => node.Worker != 0 && node.Partitions.Intersect(first.Partitions).Any());
        await Kill(run, first, second);
        var finished = await run.Finish();

        await finished.EqualsTheCalmRun();
        finished.LastedUntil("the loss", finished.Output.Contains("starting again from the seeded beginning", StringComparison.Ordinal));
        Assert.NotEmpty(finished.GivenUp);
        Assert.NotEqual((long)finished.GivenUp[0]["lineage"]!, Assert.Single(finished.Metrics.Select(line => (long)line["lineage"]!).Distinct()));
        Assert.Equal(spec.Steps, finished.Count("steps_committed"));
        finished.Fault("kill", first.Worker);
        var lost = finished.Fault("kill", second.Worker);
        Assert.True((long)lost["steps_redone"]! >= 5, finished.ToString());
    });

    // All are paused first, so that none of them lives to see another die.
    private static async Task Kill(TrainProcess run, params NodeStatus[] nodes)
    {
        int[] pids = [.. nodes.Select(node => node.Pid)];
        await run.Strike(Signals.Stop, pids);
        await run.Strike(Signals.Kill, pids);
    }

    [Fact]
    [Trait("Category", "Long")]
    public Task WithoutReplicasALostWorkerCostsTheStepsSinceTheNewestCheckpoint() => LongEnough.Run(Spec.Medium, async spec =>
    {
        var struck = spec.Steps * 2 / 3;
        using var run = TrainProcess.Start(spec, workers: 2, [$"kill:worker=0@step={struck}"], ["--replicas", "off", "--checkpoint-every", "20"]);
        var finished = await run.Finish();
        await finished.EqualsTheCalmRun();
        // Some checkpoint was complete by then; a busy machine says which, and none if it is very busy.
        var redone = (long)finished.Fault("kill", worker: 0)["steps_redone"]!;
        finished.LastedUntil("a checkpoint before the kill", redone <= struck - 20);
        Assert.True(redone > 0, finished.ToString());
        Assert.All(finished.Views[0]["Partitions"]!.AsArray(), partition => Assert.Single(partition!["Replicas"]!.AsArray()));
    });
}
