using AtomGrains.Core.Parameters;

namespace AtomGrains.Core.Tests.Parameters;

public class PartitionLayoutTests
{
    [Fact]
    public void PartitionsTileTheVectorAtBlockBounds()
    {
        for (var elements = 1; elements < 60; elements++)
        {
            var blocks = (elements + 6) / 7;
            for (var partitions = 1; partitions <= blocks; partitions++)
            {
                var next = 0;
                var nextBlock = 0;
                foreach (var range in new PartitionLayout(elements, 7, partitions).Partitions)
                {
                    Assert.Equal((next, nextBlock, nextBlock * 7), (range.FirstElement, range.FirstBlock, range.FirstElement));
                    Assert.InRange(range.Blocks, blocks / partitions, (blocks / partitions) + 1);
                    Assert.Equal(range.Elements, Enumerable.Range(0, range.Blocks).Sum(block => range.Block(block).GetOffsetAndLength(range.Elements).Length));
                    next += range.Elements;
                    nextBlock += range.Blocks;
                }

                Assert.Equal((elements, blocks), (next, nextBlock));
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(9)]
    [InlineData(32)]
    public void TheLongestVectorThereCanBeIsTiledToo(int partitions)
    {
        var layout = new PartitionLayout(Array.MaxLength, 1 << 26, partitions);
        Assert.Equal(32, layout.Blocks);
        var last = layout.Partitions[^1];
        Assert.Equal(Array.MaxLength, last.Flat.End.Value);
        Assert.Equal(last.Elements, last.Block(last.Blocks - 1).End.Value);
        Assert.Equal(Array.MaxLength, layout.Partitions.Sum(range => (long)range.Elements));
    }

    [Fact]
    public void NormDoesNotDependOnTheNumberOfPartitions()
    {
        var gradient = Samples.Floats(1000, seed: 5);
        var norms = Enumerable.Range(1, 63).Select(partitions => Norm(gradient, partitions)).Distinct().ToList();
        Assert.Single(norms);
        Assert.Equal(gradient.Sum(value => (double)value * value), norms[0], norms[0] * 1e-12);
    }

    [Fact]
    public void OrderOfThePartitionsReportsDoesNotMatter()
    {
        var gradient = Samples.Floats(1000, seed: 6);
        var layout = new PartitionLayout(1000, 16, 9);
        var reports = layout.Partitions.Select(range => range.SumsOfSquares(gradient.AsSpan(range.FirstElement, range.Elements))).ToList();
        Assert.Equal(layout.SumOfSquares(reports.SelectMany(report => report)), layout.SumOfSquares(reports.AsEnumerable().Reverse().SelectMany(report => report)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(-1)]
    public void NumberOfPartitionsBeyondTheBlocksIsRefused(int partitions) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new PartitionLayout(30, 10, partitions));

    [Fact]
    public void GapBetweenParametersIsRefused() =>
        Assert.Throws<ArgumentException>(() => new ParameterLayout([new("a", [2, 3], 0, true), new("b", [4], 7, false)]));

    private static double Norm(float[] gradient, int partitions)
    {
        var layout = new PartitionLayout(gradient.Length, 16, partitions);
        return layout.SumOfSquares(layout.Partitions.SelectMany(range => range.SumsOfSquares(gradient.AsSpan(range.FirstElement, range.Elements))));
    }
}
