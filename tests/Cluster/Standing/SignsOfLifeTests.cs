using System.Net;
using AtomGrains.Silo.Standing;
using Orleans.Runtime;

namespace AtomGrains.Cluster.Tests.Standing;

/// <summary>What a silo that joins may take for the silence of a member.</summary>
public sealed class SignsOfLifeTests
{
    private static readonly SiloAddress Member = SiloAddress.New(IPAddress.Loopback, 1, 1);
    private static readonly DateTime Stale = new(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private readonly SignsOfLife _signs = new();

    [Fact]
    public void ARowThatWasStaleBeforeTheTableWasBackIsNoSilence()
    {
        Assert.Equal(TimeSpan.Zero, _signs.SilenceOf(Member, At(100)));
        Look(Stale, at: 100);
        Assert.Equal(TimeSpan.Zero, _signs.SilenceOf(Member, At(100)));
    }

    [Fact]
    public void ARowThatDoesNotChangeWhileTheTableAnswersIsSilence()
    {
        Look(Stale, at: 100);
        Look(Stale, at: 104);
        Assert.Equal(At(7), _signs.SilenceOf(Member, At(107)));
    }

    [Fact]
    public void ASignOfLifeEndsTheSilenceWhateverTheMembersClockSays()
    {
        Look(Stale, at: 100);
        Look(Stale.AddYears(-1), at: 104);
        Assert.Equal(At(3), _signs.SilenceOf(Member, At(107)));
    }

    [Fact]
    public void ATableThatWasAwayMeanwhileProvesNothing()
    {
        Look(Stale, at: 100);
        _signs.Lose();
        Look(Stale, at: 160);
        Assert.Equal(At(1), _signs.SilenceOf(Member, At(161)));
    }

    private void Look(DateTime sign, int at) => _signs.Look([(Member, sign)], At(at));

    private static TimeSpan At(int seconds) => TimeSpan.FromSeconds(seconds);
}
