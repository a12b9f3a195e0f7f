using AtomGrains.Simulator;

namespace AtomGrains.Core.Tests.Simulation;

/// <summary>A lane that ends whoever computes it, in worlds of all sizes.</summary>
public class PoisonTests
{
    public static TheoryData<int, int, int> Worlds => new()
    {
        { 1, 1, 1 }, { 2, 1, 1 }, { 2, 3, 2 }, { 3, 3, 1 }, { 4, 3, 2 }, { 6, 2, 3 },
    };

    [Theory]
    [MemberData(nameof(Worlds))]
    public void ALaneThatHasEndedThreeWorkersStopsTheRunAndNamesItsSamples(int workers, int partitions, int seeds)
    {
        for (ulong seed = 1; seed <= (ulong)seeds; seed++)
        {
            var result = World.Passes(Small(seed, workers, partitions, kills: 64));
            Assert.Matches("^lane 1 of step 4 \\(sample [0-9]+\\) has ended 3 workers in the middle of it \\(n[0-9]+, n[0-9]+, n[0-9]+\\); ", result.Stopped);
        }
    }

    [Theory]
    [MemberData(nameof(Worlds))]
    public void ALaneThatHasEndedTwoIsComputedInTheEndWithCalmBits(int workers, int partitions, int seeds)
    {
        for (ulong seed = 1; seed <= (ulong)seeds; seed++)
        {
            var result = World.Passes(Small(seed, workers, partitions, kills: 2));
            Assert.Null(result.Stopped);

            // Who holds an only copy is given no such lane; a world of one holds nothing else.
            Assert.Equal(workers == 1 ? 3 : 1, result.Lineages);
        }
    }

    [Fact]
    public void APoisonedLaneAmongFaultsOfEveryKindStopsTheRunAtTheThirdDeathOrIsOutlived()
    {
        var stopped = 0;
        for (ulong seed = 1; seed <= 60; seed++)
        {
            stopped += World.Passes(World.Walk(seed) with { PoisonKills = 64 }).Stopped is null ? 0 : 1;
        }

        Assert.Equal(60, stopped);
    }

    private static SimulationOptions Small(ulong seed, int workers, int partitions, int kills) =>
        new() { Seed = seed, Workers = workers, Partitions = partitions, PoisonKills = kills };
}
