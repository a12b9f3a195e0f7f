using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Node.Workers;

namespace AtomGrains.EndToEnd.Tests.Faults;

/// <summary>Processes that are paused: the world goes on without them, and what they say when they wake is refused.</summary>
public sealed class PauseTests
{
    // Twice what a user gets: a machine that runs all the tests is busy.
    private const double Noticed = 3.5;

    [Fact]
    public Task AZombieThatWakesIsRefusedAndEnds() => LongEnough.Run(Spec.Long, async spec =>
    {
        const string Order = "stop+wake:worker=1@step=5/compute";
        using var run = TrainProcess.Start(spec, workers: 3, [Order], pauseAfter: Noticed);
        var before = await run.Shows("the workers", status => status.Running.Count == 3);
        var zombie = before.Worker(1).Pid;
        await run.Shows("the zombie's replacement", status => status.Running.Any(node => node.Worker == 1 && node.Pid != zombie));
        await run.Holds("the end of the zombie that woke up", () => !run.Processes().Contains(zombie));
        var finished = await run.Finish();

        await finished.EqualsTheCalmRun();
        var fault = finished.Fault("stop+wake", 1, Order);
        Assert.Equal(5, (long)fault["step"]!);
        Assert.Equal((string)fault["who"]!, (string)finished.Fault("wake", 1, Order)["who"]!);
        Assert.Contains("wakes up after its replacement has joined", finished.Output, StringComparison.Ordinal);

        // It had computed a lane before it was paused, and pushes what it has when it wakes: of a view that is no more.
        Assert.True(finished.Count("stale_generation_rejected") > 0, finished.ToString());
    });

    [Fact]
    [Trait("Category", "Long")]
    public Task APauseFromOutsideMovesTheLanes() => LongEnough.Run(Spec.Medium, async spec =>
    {
        // It never wakes: the end of the run takes it along.
        using var run = TrainProcess.Start(spec, workers: 3, pauseAfter: Noticed);
        var status = await run.Trains(3, step: 3);
        await run.Strike(Signals.Stop, status.Worker(2).Pid);
        var finished = await run.Finish();

        await finished.EqualsTheCalmRun();
        Assert.Equal(0, (long)finished.Fault("stop", 2)["steps_redone"]!);
    });
}
