using AtomGrains.Core.Data;
using FsCheck;
using FsCheck.Fluent;

namespace AtomGrains.Core.Tests.Data;

public class SamplePermutationTests
{
    [Fact]
    public void EveryIndexComesExactlyOnceForEverySmallCount()
    {
        for (var count = 1; count <= 300; count++)
        {
            AssertBijection(new SamplePermutation(7, 3, count));
        }
    }

    [Fact]
    public void EveryIndexComesExactlyOnceForAnyKeyAndCount() => Prop.ForAll(
        Gen.Choose(1, 20_000).Select(count => (long)count).ToArbitrary(),
        ArbMap.Default.ArbFor<ulong>(),
        Gen.Choose(0, 1_000_000).ToArbitrary(),
        (count, seed, epoch) => AssertBijection(new SamplePermutation(seed, epoch, count))).Check(Config.QuickThrowOnFailure.WithMaxTest(40));

    [Theory]
    [InlineData(1L << 40)]
    [InlineData((1L << 40) + 1)]
    [InlineData(1L << 62)]
    public void HugeCountsStayInRangeAndCollideNowhere(long count)
    {
        var order = new SamplePermutation(1, 0, count);
        var seen = new HashSet<long>();
        for (var position = 0L; position < 2000; position++)
        {
            var index = order[position];
            Assert.InRange(index, 0, count - 1);
            Assert.True(seen.Add(index));
        }
    }

    [Fact]
    public void AnotherSeedOrEpochGivesAnotherOrder()
    {
        const int count = 1000;
        var orders = new[] { (1UL, 0L), (2UL, 0L), (1UL, 1L), (1UL, 2L), (1UL << 63, 0L) }
            .Select(key => Order(new SamplePermutation(key.Item1, key.Item2, count))).ToArray();
        for (var left = 0; left < orders.Length; left++)
        {
            for (var right = left + 1; right < orders.Length; right++)
            {
                // Two unrelated orders agree at one place on average.
                var agreements = orders[left].Zip(orders[right], (a, b) => a == b).Count(same => same);
                Assert.InRange(agreements, 0, 8);
            }
        }
    }

    [Fact]
    public void TheOrderOfAKeyIsFixedForever()
    {
        // Computed by an independent implementation in another language: a change here changes every run's bits.
        Assert.Equal([0, 1, 6, 3, 2, 4, 8, 9, 7, 10, 5], Order(new SamplePermutation(1337, 0, 11)));
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(4096)]
    [InlineData(15_684)]
    public void NeighboursInTheOrderAreNotNeighboursInTheText(int count)
    {
        // A shuffle with structure left in it (an affine one, or few rounds) keeps constant differences.
        for (var epoch = 0; epoch < 5; epoch++)
        {
            var order = Order(new SamplePermutation(1337, epoch, count));
            var differences = order.Zip(order.Skip(1), (a, b) => (b - a + count) % count).ToArray();
            Assert.True(differences.GroupBy(difference => difference).Max(group => group.Count()) <= 12);
            Assert.InRange(Correlation(order, [.. order.Skip(1)]), -0.1, 0.1);
        }
    }

    [Fact]
    public void AdjacentBatchesCoverTheTextEvenly()
    {
        const int count = 12_288;
        const int batch = 48;
        const int parts = 4;
        var order = Order(new SamplePermutation(5, 2, count));
        var chiSquares = order.Chunk(batch).Select(samples =>
            samples.GroupBy(sample => sample * parts / count).ToDictionary(group => group.Key, group => group.Count())).Select(counts =>
            Enumerable.Range(0, parts).Sum(part => Math.Pow(counts.GetValueOrDefault(part) - batch / parts, 2) / (batch / parts))).ToArray();

        // Mean of a chi-square of 3 degrees of freedom is 3; of 256 batches its deviation is 0.15.
        Assert.InRange(chiSquares.Average(), 2.2, 3.8);
    }

    [Fact]
    public void PositionsOutsideTheEpochAreRefused()
    {
        var order = new SamplePermutation(1, 0, 10);
        Assert.Throws<ArgumentOutOfRangeException>(() => order[-1]);
        Assert.Throws<ArgumentOutOfRangeException>(() => order[10]);
        Assert.Throws<ArgumentOutOfRangeException>(() => new SamplePermutation(1, 0, 0));
    }

    private static void AssertBijection(SamplePermutation permutation)
    {
        var seen = new bool[permutation.Count];
        for (var position = 0L; position < permutation.Count; position++)
        {
            var index = permutation[position];
            Assert.False(seen[index], $"index {index} came twice for count {permutation.Count}");
            seen[index] = true;
        }
    }

    private static long[] Order(SamplePermutation permutation)
    {
        var order = new long[permutation.Count];
        for (var position = 0; position < order.Length; position++)
        {
            order[position] = permutation[position];
        }

        return order;
    }

    private static double Correlation(long[] left, long[] right)
    {
        var pairs = left.Zip(right).ToArray();
        var meanLeft = pairs.Average(pair => (double)pair.First);
        var meanRight = pairs.Average(pair => (double)pair.Second);
        var covariance = pairs.Sum(pair => (pair.First - meanLeft) * (pair.Second - meanRight));
        var spread = Math.Sqrt(pairs.Sum(pair => Math.Pow(pair.First - meanLeft, 2)) * pairs.Sum(pair => Math.Pow(pair.Second - meanRight, 2)));
        return covariance / spread;
    }
}
