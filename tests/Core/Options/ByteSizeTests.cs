using AtomGrains.Core.Options;

namespace AtomGrains.Core.Tests.Options;

public class ByteSizeTests
{
    [Theory]
    [InlineData("0", 0L)]
    [InlineData("17", 17L)]
    [InlineData("17B", 17L)]
    [InlineData("64KB", 64_000L)]
    [InlineData("64KiB", 65_536L)]
    [InlineData("16GB", 16_000_000_000L)]
    [InlineData("16GiB", 17_179_869_184L)]
    [InlineData("2TiB", 2_199_023_255_552L)]
    [InlineData("9223372036854775807", long.MaxValue)]
    public void AUnitSaysOfWhichPowersItIs(string text, long bytes) => Assert.Equal(bytes, ByteSize.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("GiB")]
    [InlineData("-1")]
    [InlineData("1.5GiB")]
    [InlineData("16 GiB")]
    [InlineData("16Gi")]
    [InlineData("16gib")]
    [InlineData("16BGi")]
    [InlineData("9223372036854775808")]
    [InlineData("8388608TiB")]
    public void WhatIsNoSizeOrTooLargeForAnyIsNone(string text) => Assert.Null(ByteSize.Parse(text));

    [Theory]
    [InlineData(0, "0B")]
    [InlineData(999, "999B")]
    [InlineData(1000, "1KB")]
    [InlineData(1024, "1KiB")]
    [InlineData(256_000_000, "256MB")]
    [InlineData(17_179_869_184, "16GiB")]
    [InlineData(1_000_000_000_000_000, "1000TB")]
    public void ASizeIsSaidInTheLargestUnitThatLeavesAWholeNumberAndReadAsItself(long bytes, string text)
    {
        Assert.Equal(text, ByteSize.Of(bytes));
        Assert.Equal(bytes, ByteSize.Parse(text));
    }

    [Theory]
    [InlineData(17_179_869_184, "16.0GiB")]
    [InlineData(17_179_869_183, "15.9GiB")]
    [InlineData(1, "0.0GiB")]
    public void MemoryIsNeverSaidToBeMoreThanItIs(long bytes, string text) => Assert.Equal(text, ByteSize.OfMemory(bytes));
}
