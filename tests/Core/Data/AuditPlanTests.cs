using AtomGrains.Core.Data;

namespace AtomGrains.Core.Tests.Data;

public class AuditPlanTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1.0 / 16)]
    [InlineData(0.5)]
    [InlineData(1)]
    public void TheShareOfAuditedLanesIsTheOneWanted(double share)
    {
        var plan = new AuditPlan(1337, share);
        const int steps = 4000, lanes = 16;
        var audited = Enumerable.Range(0, steps).Sum(step => Enumerable.Range(0, lanes).Count(lane => plan.IsAudited(step, lane)));
        var spread = 4 * Math.Sqrt(steps * lanes * share * (1 - share));
        Assert.InRange(audited, (steps * lanes * share) - spread, (steps * lanes * share) + spread);
    }

    [Fact]
    public void EveryLaneHasItsTurn()
    {
        var plan = new AuditPlan(7, 0.05);
        Assert.All(Enumerable.Range(0, 64), lane => Assert.Contains(Enumerable.Range(0, 500), step => plan.IsAudited(step, lane)));
    }

    [Fact]
    public void AnotherSeedAuditsOtherLanes() =>
        Assert.NotEqual(Lanes(1), Lanes(2));

    private static IEnumerable<int> Lanes(ulong seed) => Enumerable.Range(0, 64).Where(lane => new AuditPlan(seed, 0.5).IsAudited(3, lane)).ToList();
}
