using AtomGrains.Core.Data;
using AtomGrains.Core.Runs;

namespace AtomGrains.Core.Tests.Data;

public class ShardLayoutTests
{
    [Theory]
    [InlineData(1, 128)]
    [InlineData(3, 128)]
    [InlineData(61, 8)]
    [InlineData(1000, 32)]
    [InlineData(1_234_567, 64)]
    public void EverySampleIsInOneShardAndShardsDifferByOneAtMost(long samples, int context)
    {
        var layout = new ShardLayout(Spec(samples, context));
        Assert.Equal(0, layout.FirstSample(0));
        Assert.Equal(samples, layout.FirstSample(layout.Count));
        var sizes = Enumerable.Range(0, layout.Count).Select(layout.Samples).ToList();
        Assert.InRange(sizes.Max() - sizes.Min(), 0, 1);
        Assert.True(sizes.Min() >= 1);
        foreach (var shard in Enumerable.Range(0, layout.Count))
        {
            Assert.Equal(shard, layout.ShardOf(layout.FirstSample(shard)));
            Assert.Equal(shard, layout.ShardOf(layout.FirstSample(shard + 1) - 1));
        }

        Assert.False(layout.Has(-1));
        Assert.False(layout.Has(samples));
    }

    [Theory]
    [InlineData(1_000, 64)]
    [InlineData(16L << 20, 512)]
    [InlineData(1L << 40, 4096)]
    public void ThereAreAsManyAsTheDataIsLargeWithinBounds(long samples, int expected) => Assert.Equal(expected, new ShardLayout(Spec(samples, 64)).Count);

    internal static RunSpec Spec(long samples, int context) => new()
    {
        Steps = 10,
        Lanes = 64,
        GlobalBatch = 64,
        Model = new ModelSpec { Context = context },
        Optimizer = new OptimizerSpec(),
        Data = new DataSpec { TrainSamples = samples },
        Evaluation = new EvaluationSpec(),
    };
}
