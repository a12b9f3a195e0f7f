using System.Diagnostics;
using AtomGrains.Core.Membership;
using AtomGrains.Local;
using AtomGrains.Silo.Children;

namespace AtomGrains.Cluster.Tests.Silos;

public sealed class RestsFromRunTests
{
    private const string Log = "logs/node-1.log";

    private static readonly TimeSpan Start = TimeSpan.FromHours(1);

    private readonly RestsFromRun _rests = new();

    [Fact]
    public void FourProcessesThatNeverGetReadyAreEnoughForAMinute()
    {
        Assert.All(Enumerable.Range(0, 3), _ => Assert.Null(_rests.Ended(Ended(), 0, Log, Start)));
        Assert.False(_rests.IsResting(Start));
        Assert.Equal("4 worker processes in a row ended before they were ready, the last with exit code 3; see logs/node-1.log", _rests.Ended(Ended(), 0, Log, Start));
        Assert.True(_rests.IsResting(Start));
        Assert.True(_rests.IsResting(Start + TimeSpan.FromSeconds(59)));
        Assert.False(_rests.IsResting(Start + TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public void OneThatCannotBeStartedCountsAsOneThatNeverGotReady()
    {
        Assert.All(Enumerable.Range(0, 3), _ => Assert.Null(_rests.NotStarted("no process left", Start)));
        Assert.Equal("4 worker processes in a row ended before they were ready, the last as it could not be started: no process left", _rests.NotStarted("no process left", Start));
        Assert.True(_rests.IsResting(Start));
    }

    [Fact]
    public void EachRestIsTwiceAsLongUpToHalfAnHourUntilAStepIsDone()
    {
        double[] minutes = [1, 2, 4, 8, 16, 30, 30];
        Assert.All(Enumerable.Range(0, 3), _ => Assert.Null(_rests.NotStarted("", Start)));
        Assert.All(minutes, length => Assert.Equal(length, Rest()));
        _rests.Decided(7);
        Assert.Equal(1, Rest());

        // Done once more after a loss, it is no progress.
        _rests.Decided(7);
        Assert.Equal(2, Rest());
    }

    private double Rest()
    {
        Assert.NotNull(_rests.NotStarted("", Start));
        var minutes = Enumerable.Range(0, 1000).First(minute => !_rests.IsResting(Start + TimeSpan.FromMinutes(minute)));
        return minutes;
    }

    private static NodeHandle Ended()
    {
        var process = Process.Start("/bin/sh", ["-c", "exit 3"]);
        process.WaitForExit();
        var handle = new NodeHandle(new NodeId(1), 0, process, null, DateTimeOffset.UtcNow);
        handle.End();
        return handle;
    }
}
