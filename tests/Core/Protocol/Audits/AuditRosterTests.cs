using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol.Audits;

namespace AtomGrains.Core.Tests.Protocol.Audits;

public class AuditRosterTests
{
    private const int Lanes = 12;

    [Fact]
    public void InEachStepEveryWorkerAuditsAsMuchAsAnyOther()
    {
        var view = ViewOf(4, worker => worker);
        for (long step = 0; step < 7; step++)
        {
            var audits = Enumerable.Range(0, Lanes).GroupBy(lane => AuditRoster.AuditorOf(view, step, lane)).ToList();
            Assert.Equal(4, audits.Count);
            Assert.All(audits, audited => Assert.Equal(Lanes / 4, audited.Count()));
        }
    }

    [Fact]
    public void OverTheStepsEveryWorkerIsAuditedByEveryOther()
    {
        var view = ViewOf(4, worker => worker);
        var pairs = Enumerable.Range(0, 3).SelectMany(step => Enumerable.Range(0, Lanes).Select(lane => (view.LaneOwners[lane], AuditRoster.AuditorOf(view, step, lane)!.Value))).Distinct().ToList();
        Assert.Equal(4 * 3, pairs.Count);
        Assert.All(pairs, pair => Assert.NotEqual(pair.Item1, pair.Item2));
    }

    [Fact]
    public void AWorkerOfAnotherHostComesFirst()
    {
        var view = ViewOf(4, worker => worker, worker => worker < 3 ? "one" : "two");
        Assert.All(Enumerable.Range(0, Lanes).Where(lane => view.LaneOwners[lane].Value < 4), lane => Assert.Equal(new NodeId(4), AuditRoster.AuditorOf(view, 0, lane)));
        Assert.Equal(4, AuditRoster.Of(view, 0, 0).Distinct().Count());
    }

    [Fact]
    public void TwoProcessesOfOneDeviceDoNotAuditEachOther()
    {
        var view = ViewOf(2, _ => 0);
        Assert.Null(AuditRoster.AuditorOf(view, 0, 0));
        Assert.True(AuditRoster.IsAlone(view));
    }

    [Fact]
    public void ALaneThatHasEndedSomebodyIsNotAudited()
    {
        var view = ViewOf(3, worker => worker) with { Deaths = [new LaneDeath(5, 1, new NodeId(9))] };
        Assert.Null(AuditRoster.AuditorOf(view, 5, 1));
        Assert.NotNull(AuditRoster.AuditorOf(view, 6, 1));
    }

    private static View ViewOf(int workers, Func<int, int> slotOf, Func<int, string>? hostOf = null) => new()
    {
        Generation = new Generation(1),
        Lineage = new Lineage(new Generation(1)),
        Members = [.. Enumerable.Range(0, workers).Select(worker => new Member(new NodeId(worker + 1), slotOf(worker), "", hostOf?.Invoke(worker) ?? ""))],
        LaneOwners = [.. Enumerable.Range(0, Lanes).Select(lane => new NodeId((lane * workers / Lanes) + 1))],
        Partitions = [new PartitionPlacement(new NodeId(1))],
    };
}
