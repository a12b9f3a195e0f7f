using AtomGrains.Simulator;

namespace AtomGrains.Core.Tests.Simulation;

/// <summary>Runs that write checkpoints, lose everything, and go on from them; the store fails as well.</summary>
public sealed class CheckpointWalkTests
{
    [Fact]
    public void RunsThatGoOnFromCheckpointsEndWithTheBitsOfTheRunWithout() => Walk(1, 80, salted: false);

    [Fact]
    public void SaltedRunsGoOnFromTheHistoryThatSurvives() => Walk(2001, 80, salted: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Category", "Long")]
    public void ManyMoreSeedsPass(bool salted) => Walk(20_000, 3_000, salted);

    [Fact]
    public void AnEndOfEverythingAtEachMomentEndsWithCalmBits()
    {
        var calm = new SimulationOptions { Workers = 2, Lanes = 4, Partitions = 2, Steps = 16, EvaluateEvery = 5, CheckpointEvery = 1 };
        var (restored, events) = (0, World.Passes(calm).Events);
        for (long moment = 1; moment < events; moment += 7)
        {
            var result = World.Passes(calm with { Plan = [new(SimulatedFault.EverythingDies, moment, 0)] });
            Assert.Equal(1, result.Injected[SimulatedFault.EverythingDies]);
            restored += result.Restored;
        }

        Assert.True(restored > events / 28, $"{restored} resumes in {events / 7} runs");
    }

    [Fact]
    public void CheckpointsChangeNothingOfARunThatNothingHappensTo()
    {
        var calm = new SimulationOptions { CheckpointEvery = 2 };
        var result = World.Passes(calm);
        Assert.InRange(result.Checkpoints, 1, 5);
        Assert.Equal(0, result.Restored);
        Assert.Equal(World.Passes(calm with { CheckpointEvery = 0 }).WeightsDigest, result.WeightsDigest);
    }

    private static void Walk(ulong first, ulong count, bool salted)
    {
        var injected = new Dictionary<SimulatedFault, int>();
        var (checkpoints, restored) = (0, 0);
        for (var seed = first; seed < first + count; seed++)
        {
            var result = World.Passes(World.CheckpointWalk(seed) with { Salted = salted });
            foreach (var (kind, times) in result.Injected)
            {
                injected[kind] = injected.GetValueOrDefault(kind) + times;
            }

            checkpoints += result.Checkpoints;
            restored += result.Restored;
        }

        Assert.All(World.CheckpointWalk(1).Kinds, kind => Assert.True(injected.GetValueOrDefault(kind) > 0, $"{kind} never struck"));
        Assert.True(checkpoints > (int)count && restored > (int)count / 4, $"{checkpoints} checkpoints, {restored} lineages from one");
    }
}
