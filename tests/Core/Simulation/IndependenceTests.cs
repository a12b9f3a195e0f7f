using AtomGrains.Simulator;

namespace AtomGrains.Core.Tests.Simulation;

public class IndependenceTests
{
    [Fact]
    public void BitsDoNotDependOnWorkersPartitionsSparesOrSeed()
    {
        var results = new List<SimulationResult>();
        for (var workers = 1; workers <= 9; workers += 2)
        {
            for (var partitions = 1; partitions <= 9; partitions += 4)
            {
                results.Add(World.Passes(new SimulationOptions { Workers = workers, Lanes = 16, Partitions = partitions, Spares = workers % 3, Seed = (ulong)(workers * partitions) }));
            }
        }

        Assert.Single(results.Select(result => result.WeightsDigest).Distinct());
        Assert.Single(results.Select(result => string.Join(" ", result.Losses)).Distinct());
        Assert.All(results, result => Assert.Equal(12, result.Losses.Count));
    }

    [Fact]
    public void BitsDependOnLanesStepsAndSkips()
    {
        var calm = new SimulationOptions { Lanes = 8 };
        SimulationOptions[] others = [calm, calm with { Lanes = 16 }, calm with { Steps = 13 }, calm with { SkipEvery = 4 }];
        Assert.Equal(4, others.Select(options => World.Passes(options).WeightsDigest).Distinct().Count());
    }

    [Fact]
    public void SaltChangesTheBits()
    {
        var options = new SimulationOptions();
        Assert.NotEqual(World.Passes(options).WeightsDigest, World.Passes(options with { Salted = true }).WeightsDigest);
    }

    [Fact]
    public void SameSeedIsTheSameRunEventByEvent()
    {
        var options = World.Walk(5);
        var (first, second) = (World.Passes(options), World.Passes(options));
        Assert.Equal((first.Events, first.Elapsed, first.WeightsDigest), (second.Events, second.Elapsed, second.WeightsDigest));
        Assert.NotEqual(first.Elapsed, World.Passes(options with { Seed = 6 }).Elapsed);
    }
}
