using AtomGrains.EndToEnd.Tests.Support;

namespace AtomGrains.EndToEnd.Tests.Runs;

/// <summary>A test is done again only where its run was complete before, and what is broken fails all the same.</summary>
public sealed class LongEnoughTests
{
    [Fact]
    public async Task OnlyARunThatWasOverFirstIsDoneAgainAndEachTimeLonger()
    {
        var steps = new List<int>();
        await LongEnough.Run(Spec.Short, spec =>
        {
            steps.Add(spec.Steps);
            return steps.Count < 3 ? throw new RunEndedFirstException("too short") : Task.CompletedTask;
        });
        Assert.Equal([12, 24, 48], steps);

        steps.Clear();
        await Assert.ThrowsAsync<TimeoutException>(() => LongEnough.Run(Spec.Short, spec =>
        {
            steps.Add(spec.Steps);
            throw new TimeoutException();
        }));
        Assert.Equal([12], steps);
    }

    [Fact]
    public async Task WhatNeverComesFailsWithWhatWasAwaitedAndSaid()
    {
        using var run = TrainProcess.Start(Spec.Short, workers: 1);
        var steps = new List<int>();
        var never = await Assert.ThrowsAsync<RunEndedFirstException>(() => LongEnough.Run(Spec.Short, async spec =>
        {
            steps.Add(spec.Steps);
            await run.Shows("a second worker", status => status.Running.Count == 2);
        }));
        Assert.Equal([12, 24, 48, 96], steps);
        Assert.StartsWith("the run ended before: a second worker\n", never.Message, StringComparison.Ordinal);
        Assert.Contains("step", never.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ARunThatFailsIsNoneThatWasTooShort()
    {
        using var run = TrainProcess.Start(Spec.Short, workers: 1, ["device:worker=0@step=5"], ["--device-failures", "1"]);
        var failed = await Assert.ThrowsAnyAsync<Xunit.Sdk.XunitException>(() => run.Shows("a second worker", status => status.Running.Count == 2));
        Assert.Contains("the run stopped: every device is quarantined", failed.Message, StringComparison.Ordinal);
        var finished = await run.Finish();
        Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => finished.LastedUntil("what does not come", hasCome: false));
        Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => finished.Fault("kill", 0));
    }
}
