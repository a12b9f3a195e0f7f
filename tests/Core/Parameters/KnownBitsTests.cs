using AtomGrains.Core.Parameters;

namespace AtomGrains.Core.Tests.Parameters;

/// <summary>Bits that were written down once: another machine, or another vector width, has to find the same.</summary>
public class KnownBitsTests
{
    [Fact]
    public void DigestOfASliceIsTheOneWrittenDown() => Assert.Equal("334174a4264d6130", SliceDigest.Of(Samples.Floats(1001, seed: 9)).ToString());

    [Fact]
    public void SumOfASliceIsTheOneWrittenDown()
    {
        var sum = Samples.Floats(1001, seed: 9);
        VectorMath.Add(sum, Samples.Floats(1001, seed: 10));
        VectorMath.Scale(sum, 1f / 3);
        Assert.Equal("daf760e1e40b12ab", SliceDigest.Of(sum).ToString());
    }

    [Fact]
    public void LearningRatesAreTheOnesWrittenDown() =>
        Assert.Equal("6652d525da17dd11", Bits.Mix([.. Enumerable.Range(0, 3000).Select(step => BitConverter.DoubleToUInt64Bits(LearningRateSchedule.At(step, new())))]).ToString("x16"));
}
