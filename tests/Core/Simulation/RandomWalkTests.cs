using AtomGrains.Simulator;

namespace AtomGrains.Core.Tests.Simulation;

public class RandomWalkTests
{
    [Fact]
    public void RunsWithFaultsOfEveryKindEndWithTheBitsOfTheRunWithout() => Walk(1, 120, salted: false);

    [Fact]
    public void SaltedRunsDecideEachStepOnceAndKeepReplicasEqual() => Walk(1001, 120, salted: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Category", "Long")]
    public void ManyMoreSeedsPass(bool salted) => Walk(10_000, 5_000, salted);

    [Fact]
    public void WithoutReplicasLostPartitionsRollTheRunBackToTheSameBits()
    {
        var (rolledBack, restored) = (0, 0);
        for (ulong seed = 5_001; seed <= 5_040; seed++)
        {
            var result = World.Passes(World.Walk(seed) with { Replicas = false, CheckpointEvery = 3 });
            rolledBack += result.Lineages - 1;
            restored += result.Restored;
        }

        Assert.True(rolledBack > 20 && restored > 10, $"{rolledBack} rollbacks, {restored} of them to a checkpoint");
    }

    [Fact]
    public void SixteenWorkersSurviveFaultsOfEveryKind()
    {
        for (ulong seed = 1; seed <= 3; seed++)
        {
            var result = World.Passes(new SimulationOptions
            {
                Seed = seed,
                Workers = 16,
                Spares = 1,
                Lanes = 64,
                Partitions = 8,
                FaultEveryMilliseconds = 100,
                FaultsUntil = TimeSpan.FromSeconds(3),
            });
            Assert.True(result.Injected.Values.Sum() > 10);
        }
    }

    private static void Walk(ulong first, ulong count, bool salted)
    {
        var injected = new Dictionary<SimulatedFault, int>();
        var (skipped, stale, duplicates, recomputed, taken) = (0, 0L, 0L, 0L, 0L);
        for (var seed = first; seed < first + count; seed++)
        {
            var result = World.Passes(World.Walk(seed) with { Salted = salted });
            foreach (var (kind, times) in result.Injected)
            {
                injected[kind] = injected.GetValueOrDefault(kind) + times;
            }

            skipped += result.Skipped;
            stale += result.Counters.StaleGenerationRejected;
            duplicates += result.Counters.DuplicatePushesRejected;
            recomputed += result.Counters.LanesRecomputed;
            taken += result.Counters.LanesTaken;
        }

        // Every kind of fault struck, and made the rules against it work.
        Assert.All(new SimulationOptions().Kinds, kind => Assert.True(injected.GetValueOrDefault(kind) > 0, $"{kind} never struck"));
        Assert.True(skipped > 0 && stale > 0 && duplicates > 0 && recomputed > 0 && taken > 0, $"{skipped} skipped, {stale} stale, {duplicates} duplicates, {recomputed} recomputed, {taken} taken");
    }
}
