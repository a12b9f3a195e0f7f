using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using AtomGrains.Simulator;

namespace AtomGrains.Core.Tests.Simulation;

/// <summary>A bit of one copy's parameters changes, as failing memory does it, in a world in which nothing else goes wrong.</summary>
public class FlippedBitTests
{
    public static TheoryData<ulong> Seeds => [.. Enumerable.Range(1, 12).Select(seed => (ulong)seed)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void NothingIsDecidedOnItAndTheRunEndsWithTheRightBits(ulong seed)
    {
        var result = World.Passes(Options(seed));
        Assert.Equal(2, result.Lineages);
        Assert.True(result.Counters.ReplicaMismatches > 0);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void WithCheckpointsTheRunGoesBackToTheNewestOneAndNoFurther(ulong seed)
    {
        // A manifest may take two seconds, and nobody begins another checkpoint meanwhile: by then there are forty versions.
        var result = World.Passes(Options(seed) with { Steps = 70, CheckpointEvery = 1, FlipAtVersion = 50 + (long)(seed % 8) });
        Assert.Equal((2, 1), (result.Lineages, result.Restored));
        Assert.True(result.Counters.ReplicaMismatches > 0);
    }

    [Fact]
    public void WhoeverTrustsCopiesThatDifferIsNoticed() =>
        Assert.StartsWith("R7: ", new Simulator.Simulation(Options(1), new Trusting()).Run().Violation, StringComparison.Ordinal);

    private static SimulationOptions Options(ulong seed) => new() { Seed = seed, Workers = 2 + (int)(seed % 3), Partitions = 1 + (int)(seed % 3), FlipAtVersion = 1 + (long)(seed % 11) };

    private sealed class Trusting : ProtocolRules
    {
        public override bool Agree(SliceDigest one, SliceDigest other) => true;
    }
}
