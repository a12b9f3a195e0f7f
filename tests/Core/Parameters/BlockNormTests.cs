using AtomGrains.Core.Parameters;

namespace AtomGrains.Core.Tests.Parameters;

public class BlockNormTests
{
    [Fact]
    public void SumIsThatOfSixteenAccumulatorsAddedAsATree()
    {
        for (var length = 0; length < 200; length++)
        {
            var block = Samples.Floats(length, seed: length);
            Assert.Equal(Reference(block), BlockNorm.SumOfSquares(block));
        }
    }

    [Fact]
    public void SumStaysTheSameForASliceThatIsNotAligned()
    {
        var values = Samples.Floats(1003, seed: 1);
        for (var offset = 0; offset < 9; offset++)
        {
            var copy = new float[1003 + offset];
            values.CopyTo(copy, offset);
            Assert.Equal(Reference(values), BlockNorm.SumOfSquares(copy.AsSpan(offset)));
        }
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void OneElementThatIsNotFiniteShowsWhereverItIs(float bad)
    {
        for (var i = 0; i < 67; i++)
        {
            var block = new float[67];
            block[i] = bad;
            Assert.False(double.IsFinite(BlockNorm.SumOfSquares(block)));
        }
    }

    [Fact]
    public void LargestFiniteElementsDoNotOverflow() =>
        Assert.True(double.IsFinite(BlockNorm.SumOfSquares(Enumerable.Repeat(float.MaxValue, 65536).ToArray())));

    private static double Reference(float[] block)
    {
        var sums = new double[16];
        for (var i = 0; i < block.Length; i++)
        {
            sums[i % 16] += (double)block[i] * block[i];
        }

        while (sums.Length > 1)
        {
            sums = [.. sums.Chunk(2).Select(pair => pair[0] + pair[1])];
        }

        return sums[0];
    }
}
