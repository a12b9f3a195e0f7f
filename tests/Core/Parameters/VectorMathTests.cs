using AtomGrains.Core.Parameters;

namespace AtomGrains.Core.Tests.Parameters;

public class VectorMathTests
{
    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void WhatIsNotFiniteIsFoundAtEachPlace(float value)
    {
        // Of whole vectors and of what is left over, in any width.
        for (var place = 0; place < 37; place++)
        {
            var values = Enumerable.Repeat(-float.MaxValue, 37).ToArray();
            Assert.True(VectorMath.IsFinite(values));
            values[place] = place % 2 == 0 ? value : -value;
            Assert.False(VectorMath.IsFinite(values));
        }
    }

    [Fact]
    public void NothingIsFinite() => Assert.True(VectorMath.IsFinite([]));
}
