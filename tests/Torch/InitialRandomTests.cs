using AtomGrains.Torch.Engine;
using AtomGrains.Torch.Tests.Support;

namespace AtomGrains.Torch.Tests;

public sealed class InitialRandomTests
{
    [Fact]
    public void TheBitsAreWrittenDown()
    {
        using var loop = Replica.Create(Specs.Run(Specs.NanoGptModel, seed: 1337));

        // A change here changes every run: only with a new version of the run spec.
        Assert.Equal("1009af7974e1af3ed06ecf5a0678dea73cc6856b5f5796397c9788372536e69a", Replica.Hash(Replica.Initial(loop)));
    }

    [Fact]
    public void AnotherSeedGivesOtherParameters()
    {
        using var loop = Replica.Create(Specs.Run(Specs.SmallModel, seed: 1));
        using var other = Replica.Create(Specs.Run(Specs.SmallModel, seed: 2));

        Assert.NotEqual(Replica.Hash(Replica.Initial(loop)), Replica.Hash(Replica.Initial(other)));
    }

    [Fact]
    public void NormalsHaveTheNormalDistribution()
    {
        var random = new InitialRandom(7);
        double[] draws = [.. Enumerable.Range(0, 200_000).Select(k => random.Normal(k))];

        Assert.InRange(draws.Average(), -0.01, 0.01);
        Assert.InRange(draws.Average(x => x * x), 0.98, 1.02);
        Assert.InRange(draws.Average(x => x * x * x * x), 2.85, 3.15);
        Assert.InRange(draws.Count(x => Math.Abs(x) > 1.959964) / 200_000.0, 0.048, 0.052);
        Assert.InRange(draws.Count(x => Math.Abs(x) > 3.290527) / 200_000.0, 0.0007, 0.0013);
    }

    [Fact]
    public void NeighbouringSeedsAndIndicesAreUnrelated()
    {
        var (one, two) = (new InitialRandom(1), new InitialRandom(2));
        const int Count = 100_000;

        Assert.InRange(Enumerable.Range(0, Count).Average(k => one.Normal(k) * two.Normal(k)), -0.015, 0.015);
        Assert.InRange(Enumerable.Range(0, Count).Average(k => one.Normal(k) * one.Normal(k + 1)), -0.015, 0.015);
    }

    [Fact]
    public void MatricesAreSmallAndProjectionsSmallerAndNormsOne()
    {
        var spec = Specs.Run(Specs.NanoGptModel with { Bias = true });
        using var loop = Replica.Create(spec);
        var flat = Replica.Initial(loop);

        foreach (var entry in loop.Layout.Entries)
        {
            var values = flat[entry.ElementOffset..(entry.ElementOffset + entry.Elements)];
            var expected = entry.Name.EndsWith("c_proj.weight", StringComparison.Ordinal) ? 0.02 / Math.Sqrt(8) : 0.02;
            if (entry.Shape.Count == 2)
            {
                Assert.InRange(Math.Sqrt(values.Average(value => value * value)), 0.97 * expected, 1.03 * expected);
            }
            else
            {
                Assert.All(values, value => Assert.Equal(entry.Name.EndsWith("bias", StringComparison.Ordinal) ? 0 : 1, value));
            }
        }
    }
}
