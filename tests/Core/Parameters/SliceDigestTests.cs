using AtomGrains.Core.Parameters;

namespace AtomGrains.Core.Tests.Parameters;

public class SliceDigestTests
{
    [Fact]
    public void EverySingleFlippedBitShows()
    {
        for (var length = 1; length < 20; length++)
        {
            var slice = Samples.Floats(length, seed: 3);
            var digests = new HashSet<SliceDigest> { SliceDigest.Of(slice) };
            for (var bit = 0; bit < 32 * length; bit++)
            {
                var changed = (float[])slice.Clone();
                changed[bit / 32] = BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(changed[bit / 32]) ^ 1u << bit % 32);
                Assert.True(digests.Add(SliceDigest.Of(changed)), $"bit {bit} of {length} floats");
            }
        }
    }

    [Fact]
    public void ExchangedElementsShow()
    {
        var slice = Samples.Floats(40, seed: 4);
        var digests = new HashSet<SliceDigest> { SliceDigest.Of(slice) };
        for (var i = 0; i < 40; i++)
        {
            for (var j = i + 1; j < 40; j++)
            {
                var changed = (float[])slice.Clone();
                (changed[i], changed[j]) = (changed[j], changed[i]);
                Assert.True(digests.Add(SliceDigest.Of(changed)), $"{i} and {j}");
            }
        }
    }

    [Fact]
    public void ZerosOfDifferentLengthAndSignDiffer() =>
        Assert.Equal(51, Enumerable.Range(0, 50).Select(length => SliceDigest.Of(new float[length])).Append(SliceDigest.Of([-0f])).Distinct().Count());

    [Fact]
    public void PlaceInMemoryDoesNotMatter()
    {
        var slice = Samples.Floats(33, seed: 5);
        var moved = new float[40];
        slice.CopyTo(moved, 3);
        Assert.Equal(SliceDigest.Of(slice), SliceDigest.Of(moved.AsSpan(3, 33)));
    }
}
