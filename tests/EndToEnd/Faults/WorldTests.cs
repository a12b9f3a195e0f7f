using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Node.Workers;

namespace AtomGrains.EndToEnd.Tests.Faults;

/// <summary>A world that changes its size: on purpose, by notice, by a failing device.</summary>
public sealed class WorldTests
{
    [Fact]
    public Task ScalingFromOneToFourToTwoChangesNoBit() => LongEnough.Run(Spec.Long, async spec =>
    {
        var shrinks = spec.Steps * 3 / 4;
        using var run = TrainProcess.Start(spec, workers: 1, ["scale=4@step=5", $"scale=2@step={shrinks}"]);
        var finished = await run.Finish();

        await finished.EqualsTheCalmRun();
        Assert.Equal(["scale", "scale"], finished.FaultKinds);
        Assert.Equal([5L, shrinks], finished.Faults.Select(fault => (long)fault["step"]!));
        var worlds = finished.WorkersOfViews;
        finished.LastedUntil("four workers", worlds.Contains(4));
        Assert.Equal((1, 2), (worlds[0], worlds[^1]));
        Assert.Equal(0, finished.Count("faults"));
        Assert.Equal(4, finished.Count("workers_started"));
    });

    [Fact]
    public Task ASpareMakesTheWorldWholeWithinOneStepBound() => LongEnough.Run(Spec.Short, async spec =>
    {
        var struck = spec.Steps * 5 / 12;
        var order = $"kill:worker=1@step={struck}/compute";
        using var run = TrainProcess.Start(spec, workers: 3, [order], ["--spares", "1"]);
        var finished = await run.Finish();

        await finished.EqualsTheCalmRun();
        var fault = finished.Fault("kill", 1, order);
        Assert.Equal(struck, (long)fault["step"]!);

        // The very view that follows the death has three workers again.
        finished.LastedUntil("a spare, before the death", finished.WorkersOfViews.All(workers => workers == 3));
    });

    [Fact]
    [Trait("Category", "Long")]
    public Task NoticesAndDeviceFaultsChangeNoBit() => LongEnough.Run(Spec.Medium, async spec =>
    {
        string[] faults = ["exit:worker=0@step=20", "device:worker=2@step=60"];
        using var run = TrainProcess.Start(spec, workers: 4, faults);
        var status = await run.Trains(4);
        await run.Strike(Signals.Terminate, status.Worker(1).Pid);
        var finished = await run.Finish();

        await finished.EqualsTheCalmRun();
        var device = finished.Fault("device", 2, faults[1]);
        Assert.Matches("^ordered device:worker=2@step=60: [A-Za-z]+: .+", (string)device["detail"]!);

        // Leaving in order is no fault, but the ledger has it.
        Assert.Equal(1, finished.Count("faults"));
        finished.Fault("exit", 0, faults[0]);
        finished.Fault("exit", 1);
    });

    [Fact]
    [Trait("Category", "Long")]
    public Task AnEngineThatAbortsTheProcessChangesNoBit() => LongEnough.Run(Spec.Long, async spec =>
    {
        const string Order = "device-abort:worker=1@step=5";
        using var run = TrainProcess.Start(spec, workers: 3, [Order]);
        var finished = await run.Finish();

        await finished.EqualsTheCalmRun();
        var fault = finished.Fault("device-abort", 1, Order);
        Assert.Matches($@"^ordered {Order}: ended by SIGABRT while computing lane \d+ of step 5 \(sample \d+\)$", (string)fault["detail"]!);
        finished.LastedUntil("the check of its device", finished.Output.Contains("the cpu of worker 1 passes its check", StringComparison.Ordinal));
        Assert.Equal((5L, 0L), ((long)fault["step"]!, (long)fault["steps_redone"]!));
        Assert.Equal(1, finished.Count("faults"));
    });

    [Fact]
    public async Task AnOrderedFaultThatNeverStrikesIsSaidAndChangesNothing()
    {
        // Nobody joins: nobody is lost.
        const string Order = "kill:worker=1@step=3/join";
        using var run = TrainProcess.Start(Spec.Short, workers: 2, [Order, "scale=1@step=8"]);
        var finished = await run.Finish();

        await finished.EqualsTheCalmRun(notStruck: 1);
        Assert.StartsWith($"warning: --fault {Order} never struck: ", Assert.Single(finished.NotStruck), StringComparison.Ordinal);
        Assert.Equal(["scale"], finished.FaultKinds);
    }

    [Fact]
    public async Task WorkersBeyondTheLanesAreSparesAndTheRunSaysSo()
    {
        using var run = TrainProcess.Start(Spec.Short, workers: 9);
        var finished = await run.Finish();

        await finished.EqualsTheCalmRun();
        Assert.Contains("the other 1 are spares", finished.Errors, StringComparison.Ordinal);
        Assert.Contains(8, finished.WorkersOfViews);
        Assert.Equal(9, finished.Count("workers_started"));
    }
}
