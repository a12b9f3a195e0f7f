using AtomGrains.Core.Membership;

namespace AtomGrains.Core.Tests.Membership;

public class FailureDetectorTests
{
    private static readonly HeartbeatOptions Options = new();

    [Fact]
    public void NodeThatIsHeardInTimeIsNeverSuspected()
    {
        var detector = new FailureDetector(Options, TimeSpan.Zero);
        for (var now = Options.Interval; now < TimeSpan.FromMinutes(1); now += Options.Interval)
        {
            Assert.False(detector.Suspects(now));
            detector.Heard(now);
        }
    }

    [Fact]
    public void SilenceIsSuspectedAfterTheTimeoutAndNotBefore()
    {
        var detector = Regular(Options.Interval, 100);
        var last = detector.LastHeard;
        Assert.Equal(Options.MinimumTimeout, detector.Timeout);
        Assert.False(detector.Suspects(last + detector.Timeout));
        Assert.True(detector.Suspects(last + detector.Timeout + TimeSpan.FromTicks(1)));
    }

    [Fact]
    public void WordAfterASilenceEndsTheSuspicion()
    {
        var detector = Regular(Options.Interval, 10);
        var late = detector.LastHeard + TimeSpan.FromSeconds(3);
        Assert.True(detector.Suspects(late));
        detector.Heard(late);
        Assert.False(detector.Suspects(late));
    }

    [Fact]
    public void UnevenRhythmRaisesTheTimeoutUpToItsMaximum()
    {
        var detector = new FailureDetector(Options, TimeSpan.Zero);
        var now = TimeSpan.Zero;
        var longest = TimeSpan.Zero;
        for (var i = 0; i < 200; i++)
        {
            now += TimeSpan.FromMilliseconds(i % 10 == 0 ? 900 : 100);
            detector.Heard(now);
            longest = detector.Timeout > longest ? detector.Timeout : longest;
            Assert.InRange(detector.Timeout, Options.MinimumTimeout, Options.MaximumTimeout);
        }

        Assert.Equal(Options.MaximumTimeout, longest);
    }

    [Fact]
    public void TimeoutComesDownAgainWhenTheRhythmIsEven()
    {
        var detector = Regular(TimeSpan.FromSeconds(1), 50);
        var slow = detector.Timeout;
        var now = detector.LastHeard;
        for (var i = 0; i < 400; i++)
        {
            detector.Heard(now += Options.Interval);
        }

        Assert.True(detector.Timeout < slow);
        Assert.Equal(Options.MinimumTimeout, detector.Timeout);
    }

    [Fact]
    public void PauseIsNoticedWithinTwoSecondsWhateverTheRhythmWas() =>
        Assert.True(Options.MaximumTimeout + Options.Interval < TimeSpan.FromSeconds(2));

    private static FailureDetector Regular(TimeSpan interval, int count)
    {
        var detector = new FailureDetector(Options, TimeSpan.Zero);
        for (var i = 1; i <= count; i++)
        {
            detector.Heard(interval * i);
        }

        return detector;
    }
}
