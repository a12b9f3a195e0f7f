using AtomGrains.Core.Options;
using AtomGrains.Simulator;

namespace AtomGrains.Core.Tests.Simulation;

/// <summary>Lanes computed by two workers and compared, in worlds of all sizes, with honest devices and with one that is not.</summary>
public sealed class AuditWalkTests
{
    [Fact]
    public void HonestDevicesAreNeverAccusedWhateverHappensAndTheBitsAreThoseOfTheRunWithoutAudits()
    {
        for (ulong seed = 1; seed <= 60; seed++)
        {
            var result = World.Passes(World.Walk(seed) with { AuditLanes = ShareOf(seed) });
            Assert.Equal((0, null), (result.WrongBits, result.Stopped));
        }
    }

    [Fact]
    public void HonestDevicesAreNotAccusedByRunsThatGoOnFromCheckpoints()
    {
        for (ulong seed = 1; seed <= 25; seed++)
        {
            var result = World.Passes(World.CheckpointWalk(seed) with { AuditLanes = ShareOf(seed) });
            Assert.Equal((0, null), (result.WrongBits, result.Stopped));
        }
    }

    [Fact]
    public void ADeviceThatFlipsABitIsFoundAtOnceWhereEveryLaneIsAuditedAndChangesNothing()
    {
        for (ulong seed = 1; seed <= 40; seed++)
        {
            var result = World.Passes(World.Lying(seed) with { AuditLanes = 1 });
            Assert.True(result is { WrongBits: 1, Stopped: null, MayBeWrong: false }, SimulationCommand.Failure(World.Lying(seed), result));
        }
    }

    [Fact]
    public void AmongFaultsOfEveryKindItChangesNothingEither()
    {
        var (found, judged) = (0, 0);
        for (ulong seed = 1; seed <= 60; seed++)
        {
            var result = World.Passes(World.LyingAmongFaults(seed) with { AuditLanes = 1 });
            found += result.WrongBits;
            judged += result is { MayBeWrong: false, Stopped: null } ? 1 : 0;
        }

        Assert.True(found >= 40 && judged >= 40, $"{found} found, {judged} of 60 runs judged by their bits");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void WithFewLanesAuditedItsStepsAreGivenUpAndTheRunEndsWithTheRightBits(int checkpointEvery)
    {
        var (found, restored) = (0, 0);
        for (ulong seed = 1; seed <= 40; seed++)
        {
            var result = World.Passes(World.Lying(seed) with { AuditLanes = 0.2, Steps = 20, CheckpointEvery = checkpointEvery, Keep = 5, OnWrongBits = WrongBitsPolicy.Rollback });
            Assert.Null(result.Stopped);
            found += result.WrongBits;
            restored += result.Restored;
        }

        Assert.True(found >= 35, $"{found} found");
        Assert.Equal(checkpointEvery > 0, restored > 10);
    }

    [Fact]
    public void AmongFaultsOfEveryKindItsStepsAreGivenUpToo()
    {
        var found = 0;
        for (ulong seed = 1; seed <= 60; seed++)
        {
            found += World.Passes(World.LyingAmongFaults(seed) with { AuditLanes = 0.3, CheckpointEvery = 1 + (long)(seed % 4), Keep = 3, OnWrongBits = WrongBitsPolicy.Rollback }).WrongBits;
        }

        Assert.True(found >= 35, $"{found} found");
    }

    [Fact]
    public void ARunThatIsToStopStopsAndNamesTheWorkerAndTheLane()
    {
        var result = World.Passes(World.Lying(3) with { AuditLanes = 1, OnWrongBits = WrongBitsPolicy.Stop });
        Assert.Matches("^n[0-9]+ \\(worker 1\\) computes wrong bits: lane [0-9]+ of step 3 \\(sample [0-9]+\\) in p", result.Stopped);
    }

    [Fact]
    public void OfTwoWorkersNoneIsTrustedAndTheRunStops()
    {
        var result = World.Passes(World.Lying(1) with { Workers = 2, Spares = 0, AuditLanes = 1 });
        Assert.Matches("^n[0-9]+ \\(worker [01]\\) and n[0-9]+ \\(worker [01]\\) have computed lane [0-9]+ of step 3 \\(.*\\) with other bits, and there is no other worker", result.Stopped);
    }

    [Fact]
    public void ASpareDecidesBetweenTwoWorkers()
    {
        for (ulong seed = 1; seed <= 10; seed++)
        {
            var result = World.Passes(World.Lying(seed) with { Workers = 2, Spares = 1, AuditLanes = 1 });
            Assert.True(result is { WrongBits: 1, Stopped: null, MayBeWrong: false }, result.Stopped);
        }
    }

    [Fact]
    public void AWorldOfOneComputesEachLaneOnce()
    {
        var result = World.Passes(new SimulationOptions { Workers = 1, AuditLanes = 1 });
        Assert.Equal(12 * 8, result.Counters.LanesComputed);
    }

    [Theory]
    [Trait("Category", "Long")]
    [InlineData(1.0, WrongBitsPolicy.Continue)]
    [InlineData(0.3, WrongBitsPolicy.Rollback)]
    public void ManyMoreSeedsPass(double share, WrongBitsPolicy policy)
    {
        for (ulong seed = 30_000; seed < 32_000; seed++)
        {
            World.Passes(World.Walk(seed) with { AuditLanes = share });
            World.Passes(World.LyingAmongFaults(seed) with { AuditLanes = share, CheckpointEvery = (long)(seed % 4), OnWrongBits = policy });
        }
    }

    private static double ShareOf(ulong seed) => seed % 2 == 0 ? 1 : 0.25;
}
