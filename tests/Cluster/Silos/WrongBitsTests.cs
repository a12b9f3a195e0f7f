using AtomGrains.EndToEnd.Tests.Support;

namespace AtomGrains.Cluster.Tests.Silos;

/// <summary>A silo whose device flips a bit of every gradient from some step on.</summary>
public sealed class WrongBitsTests
{
    [Fact]
    [Trait("Category", "Long")]
    public async Task ItsDeviceIsGivenNoLanesAgainAndNoBitChanges()
    {
        using var run = TrainProcess.Start(Spec.Long, workers: 3, ["flip:worker=1@step=10"], ["--host", "orleans", "--audit-lanes", "1"]);
        var finished = await run.Finish();

        await finished.EqualsTheCalmRun();
        Assert.Matches("lane [0-9]+ of step 10 .* has other bits than those who agree", (string)finished.Fault("wrong-bits", 1, "flip:worker=1@step=10")["detail"]!);
        Assert.Equal(1L, (long)finished.Report!["lane_audits"]!["different"]!);

        // Its silo lives, and offers the device until the end.
        Assert.Equal([3, 2], finished.WorkersOfViews.Distinct());
        Assert.Equal(3, finished.Count("workers_started"));
    }
}
