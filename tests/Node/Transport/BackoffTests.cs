using AtomGrains.Node.Transport;

namespace AtomGrains.Node.Tests.Transport;

public sealed class BackoffTests
{
    [Fact]
    public void ThePauseDoublesWithEachFailureUpToTheMost()
    {
        var backoff = new Backoff(TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(100));
        var now = TimeSpan.Zero;
        Assert.True(backoff.MayTry(now));
        foreach (var pause in new[] { 10, 20, 40, 80, 100, 100 })
        {
            backoff.Failed(now);
            Assert.False(backoff.MayTry(now + TimeSpan.FromMilliseconds(pause - 1)));
            now += TimeSpan.FromMilliseconds(pause);
            Assert.True(backoff.MayTry(now));
        }
    }

    [Fact]
    public void AConnectionThatOpenedStartsTheGrowthOver()
    {
        var backoff = new Backoff(TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(100));
        backoff.Failed(TimeSpan.Zero);
        backoff.Failed(TimeSpan.Zero);
        backoff.Ended(TimeSpan.Zero);
        Assert.False(backoff.MayTry(TimeSpan.FromMilliseconds(9)));
        Assert.True(backoff.MayTry(TimeSpan.FromMilliseconds(10)));
    }

    [Fact]
    public void TheChecksumIsCrc32COfTheTwoPartsTogether()
    {
        // The check value of CRC-32C (RFC 3720's polynomial) for the nine digits.
        Assert.Equal(0xE3069283u, Crc32C.Compute("1234"u8, "56789"u8));
        Assert.Equal(0xE3069283u, Crc32C.Compute("123456789"u8, []));
    }
}
