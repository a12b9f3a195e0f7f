using System.Text.Json.Nodes;
using AtomGrains.EndToEnd.Tests.Support;

namespace AtomGrains.EndToEnd.Tests.Faults;

/// <summary>A worker whose gradients really have a flipped bit, from some step on, among workers that are audited.</summary>
public sealed class WrongBitsTests
{
    [Fact]
    public async Task WithEveryLaneAuditedADeviceThatFlipsABitIsQuarantinedAndNoBitChanges()
    {
        using var run = TrainProcess.Start(Spec.Short, workers: 3, ["flip:worker=1@step=5"], ["--audit-lanes", "1"]);
        var finished = await run.Finish();

        await finished.EqualsTheCalmRun();
        Assert.Equal(["quarantine", "wrong-bits"], finished.FaultKinds.Order(StringComparer.Ordinal));
        var line = finished.Fault("wrong-bits", 1, "flip:worker=1@step=5");
        Assert.Equal((5L, 0L), ((long)line["step"]!, (long)line["steps_redone"]!));
        Assert.Matches(@": lane \d of step 5 \(sample \d+\) in p\d: n\d has other bits than those who agree \((n\d [0-9a-f]{16}(, )?){3}\); no step before it is suspect$", (string)line["detail"]!);
        Assert.Equal("cpu of worker 1", (string)finished.Faults.Single(fault => (string)fault["kind"]! == "quarantine")["who"]!);
        Assert.Equal((1L, 0L, 0L), Audits(finished, "different", "undecided", "unavailable"));
        Assert.Equal((12 * 8) - 1, (long)finished.Report!["lane_audits"]!["equal"]!);
        Assert.Equal([3, 2], finished.WorkersOfViews.Distinct());
    }

    [Fact]
    public async Task WhatWasCommittedSinceTheLastCleanAuditIsGivenUpAndComputedAgain()
    {
        using var run = TrainProcess.Start(
            Spec.Medium, workers: 3, ["flip:worker=1@step=30"], ["--audit-lanes", "0.03", "--on-wrong-bits", "rollback", "--checkpoint-every", "5", "--keep", "20"]);
        var finished = await run.Finish();

        finished.HasEnded();
        Assert.Empty(finished.NotStruck);
        var calm = await CalmRuns.Of(Spec.Medium);
        Assert.Equal(calm.LossBits, finished.LossBits);
        Assert.Equal(calm.WeightsHash, finished.WeightsHash);
        var line = finished.Fault("wrong-bits", 1, "flip:worker=1@step=30");
        Assert.Matches(@"; steps \d+ to \d+ are suspect and given up$", (string)line["detail"]!);
        Assert.True((long)line["steps_redone"]! > 0, finished.ToString());
        Assert.Contains("wrong bits may be in the weights: going back to the checkpoint of ", finished.Output, StringComparison.Ordinal);
        Assert.Equal(2, finished.Metrics.Select(metrics => (long)metrics["lineage"]!).Distinct().Count());
    }

    [Fact]
    public async Task ARunThatIsToStopNamesWorkerLaneAndSamplesAndItsFilesAreComplete()
    {
        using var run = TrainProcess.Start(Spec.Short, workers: 3, ["flip:worker=2@step=4"], ["--audit-lanes", "1", "--on-wrong-bits", "stop"]);
        var finished = await run.Finish();

        Assert.True(finished.ExitCode == 1, finished.ToString());
        Assert.Matches(@"the run stopped: n\d \(worker 2\) computes wrong bits: lane \d of step 4 \(sample \d+\) in p\d: ", finished.Errors);
        Assert.Equal((await CalmRuns.Of(Spec.Short)).LossBits.Take(4), finished.LossBits);
        finished.Fault("wrong-bits", 2, "flip:worker=2@step=4");
        Assert.Equal(1L, (long)finished.Report!["lane_audits"]!["different"]!);
    }

    [Fact]
    public async Task OfTwoWorkersNoneIsTrustedAndTheRunStopsNamingBoth()
    {
        using var run = TrainProcess.Start(Spec.Short, workers: 2, ["flip:worker=0@step=3"], ["--audit-lanes", "1"]);
        var finished = await run.Finish();

        Assert.True(finished.ExitCode == 1, finished.ToString());
        Assert.Matches(@"the run stopped: n1 \(worker 0\) and n2 \(worker 1\) have computed lane \d of step 3 \(sample \d+\) with other bits, and there is no other worker", finished.Errors);
        Assert.Equal(1L, (long)finished.Report!["lane_audits"]!["undecided"]!);
    }

    private static (long, long, long) Audits(FinishedRun run, string first, string second, string third)
    {
        var audits = (JsonObject)run.Report!["lane_audits"]!;
        return ((long)audits[first]!, (long)audits[second]!, (long)audits[third]!);
    }
}
