using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Node.Workers;

namespace AtomGrains.EndToEnd.Tests.Faults;

/// <summary>Processes that die: whatever dies wherever in a step, the weights are those of the run that lost nobody.</summary>
public sealed class KillTests
{
    [Fact]
    public async Task AKillAtEachPointOfAStepChangesNoBit()
    {
        // Each strikes a process that was there from the beginning, so none waits for a replacement.
        (string Order, int Worker, int Step)[] kills =
        [
            ("kill:worker=0@step=10/compute", 0, 10), ("kill:worker=1@step=35/push", 1, 35), ("kill:worker=2@step=60/seal", 2, 60),
            ("kill:worker=3@step=85/decide", 3, 85), ("kill:worker=4@step=110/apply", 4, 110), ("kill:worker=5@step=130", 5, 130),
        ];
        using var run = TrainProcess.Start(Spec.Medium, workers: 6, [.. kills.Select(kill => kill.Order)]);
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
    }

    [Fact]
    public async Task KillsDuringRecoveriesChangeNoBit()
    {
        // Step 50 cannot be sealed before it has been recovered from the first kill, so the second falls into that.
        string[] kills = ["kill:worker=1@step=5/seal", "kill:worker=1@step=5/join", "kill:worker=0@step=50/push", "kill:worker=2@step=50/seal"];
        using var run = TrainProcess.Start(Spec.Long, workers: 4, kills);
        var finished = await run.Finish();

        await finished.EqualsTheCalmRun();
        finished.Fault("kill", 1, kills[0]);
        finished.Fault("kill", 1, kills[1]);
        Assert.Equal(50, (long)finished.Fault("kill", 0, kills[2])["step"]!);
        Assert.Equal(50, (long)finished.Fault("kill", 2, kills[3])["step"]!);
        Assert.True(finished.Count("faults") >= 4);
        Assert.True(finished.Count("workers_started") >= 8, finished.ToString());

        // The second replacement of worker 1 did join: there were three workers, and then four again.
        Assert.Contains(4, finished.WorkersOfViews.SkipWhile(workers => workers == 4));
    }

    [Fact]
    public async Task TwoKillsAtOnceFromOutsideChangeNoBit()
    {
        using var run = TrainProcess.Start(Spec.Medium, workers: 4);
        var status = await run.Trains(4, step: 3);
        var first = status.Worker(0);
        var second = status.Running.First(node => !node.Partitions.Intersect(first.Partitions).Any());
        Kill(first, second);
        var finished = await run.Finish();

        await finished.EqualsTheCalmRun();
        Assert.Equal(0, (long)finished.Fault("kill", first.Worker)["steps_redone"]!);
        Assert.Equal(0, (long)finished.Fault("kill", second.Worker)["steps_redone"]!);
    }

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
    public async Task LossOfBothCopiesStartsANewLineageAndSaysSo()
    {
        using var run = TrainProcess.Start(Spec.Medium, workers: 4);
        var status = await run.Trains(4, step: 5);
        var first = status.Worker(0);
        var second = status.Running.First(node => node.Worker != 0 && node.Partitions.Intersect(first.Partitions).Any());
        Kill(first, second);
        var finished = await run.Finish();

        await finished.EqualsTheCalmRun();
        Assert.Contains("starting again from the seeded beginning", finished.Output, StringComparison.Ordinal);
        Assert.NotEmpty(finished.GivenUp);
        Assert.NotEqual((long)finished.GivenUp[0]["lineage"]!, Assert.Single(finished.Metrics.Select(line => (long)line["lineage"]!).Distinct()));
        Assert.Equal(Spec.Medium.Steps, finished.Count("steps_committed"));
        finished.Fault("kill", first.Worker);
        var lost = finished.Fault("kill", second.Worker);
        Assert.True((long)lost["steps_redone"]! >= 5, finished.ToString());
    }

    // All are paused first, so that none of them lives to see another die.
    private static void Kill(params NodeStatus[] nodes)
    {
        Assert.All(nodes, node => Assert.True(Signals.Send(node.Pid, Signals.Stop)));
        Assert.All(nodes, node => Assert.True(Signals.Send(node.Pid, Signals.Kill)));
    }

    [Fact]
    public async Task WithoutReplicasALostWorkerCostsTheStepsSinceTheNewestCheckpoint()
    {
        using var run = TrainProcess.Start(Spec.Medium, workers: 2, ["kill:worker=0@step=100"], ["--replicas", "off", "--checkpoint-every", "20"]);
        var finished = await run.Finish();
        await finished.EqualsTheCalmRun();
        // Some checkpoint was complete by then; a busy machine says which.
        Assert.InRange((long)finished.Fault("kill", worker: 0)["steps_redone"]!, 1, 80);
        Assert.All(finished.Views[0]["Partitions"]!.AsArray(), partition => Assert.Single(partition!["Replicas"]!.AsArray()));
    }
}
