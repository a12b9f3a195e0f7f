using AtomGrains.Core.Lanes;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;
using static AtomGrains.Core.Tests.Protocol.ReplicaBench;

namespace AtomGrains.Core.Tests.Protocol.Audits;

/// <summary>A primary of two lanes, both audited: the worker owns one, node 3 the other, and node 2 is there to decide.</summary>
public class AuditedLaneTests
{
    private static readonly NodeId Decider = Backup, Other = Joiner;

    private static readonly View View = ViewOf(1, Primary) with { LaneOwners = [Worker, Other, Decider, Decider], AuditShare = 1 };

    private readonly ReplicaBench _bench = new(Primary, View with { LaneOwners = [Worker, Other] });

    [Fact]
    public void ALaneIsTakenWhenTwoHaveComputedTheSameBits()
    {
        Leaf(0, Worker);
        Leaf(1, Other);
        Assert.Null(_bench.Replica.State.Reduced);
        Leaf(0, Other);
        Leaf(1, Worker);
        Assert.All(_bench.Replica.State.Reduced!.Slice, value => Assert.Equal(0.5f, value));
        Assert.Equal(0, _bench.Tally.DuplicatePushes);
    }

    [Fact]
    public void ALeafThatComesTwiceFromOneIsNoAuditAndCounted()
    {
        Leaf(0, Worker);
        Leaf(0, Worker);
        Leaf(1, Other);
        Leaf(1, Worker);
        Assert.Null(_bench.Replica.State.Reduced);
        Assert.Equal(1, _bench.Tally.DuplicatePushes);
    }

    [Fact]
    public void OtherBitsAskAThirdAndAccuseNobodyYet()
    {
        var bench = new ReplicaBench(Primary, ThreeWorkers);
        bench.Handle(Worker, PushOf(0, Worker));
        var effects = bench.Handle(Auditor, PushOf(0, Auditor, 0.25f));
        var want = Assert.Single(effects.OfType<SendToNode>(), send => send.Message is Want);
        Assert.Equal(Third, want.To);
        Assert.Equal([TreeNode.Leaf(0)], ((Want)want.Message).Nodes);
        Assert.Null(Sent<LaneDisputed>(effects));
    }

    [Fact]
    public void WhoeverTwoOthersContradictIsReportedAndTheStepWaitsForAViewWithoutIt()
    {
        var bench = new ReplicaBench(Primary, ThreeWorkers);
        bench.Handle(Worker, PushOf(0, Worker));
        bench.Handle(Auditor, PushOf(0, Auditor, 0.25f));
        var report = Sent<LaneDisputed>(bench.Handle(Third, PushOf(0, Third, 0.25f)))!;
        Assert.Equal([Worker], report.Votes.Where(vote => vote.IsWrong).Select(vote => vote.Node));
        bench.Handle(Auditor, PushOf(1, Auditor));
        bench.Handle(Third, PushOf(1, Third));
        Assert.Null(bench.Replica.State.Reduced);

        Assert.NotNull(Sent<LaneDisputed>(bench.Adopt(ThreeWorkers with { Generation = new Generation(2) })));
        bench.Adopt(ThreeWorkers with { Generation = new Generation(3), LaneOwners = [Auditor, Third], Quarantined = [new Quarantine(Worker, 4, 0)] });
        Assert.All(bench.Replica.State.Reduced!.Slice, value => Assert.Equal(0.375f, value));
    }

    [Fact]
    public void WhatAQuarantinedNodePushesIsRefusedAndCounted()
    {
        var bench = new ReplicaBench(Primary, View with { LaneOwners = [Other, Decider], AuditShare = 0, Quarantined = [new Quarantine(Worker, 4, 0)] });
        bench.Handle(Worker, Whole(Key(0)) with { By = Worker });
        Assert.Null(bench.Replica.State.Reduced);
        Assert.Equal(1, bench.Tally.Snapshot().NotTrustedRejected);
    }

    [Fact]
    public void WithoutAThirdTheDisputeIsReportedAndNobodyAccused()
    {
        Leaf(0, Worker);
        var report = Sent<LaneDisputed>(_bench.Handle(Other, PushOf(0, Other, 0.25f)))!;
        Assert.Equal((0, 2, 0), (report.Lane, report.Votes.Count, report.Votes.Count(vote => vote.IsWrong)));
        Assert.Empty(_bench.Replica.AwaitedAuditors.Except([Worker, Other]));
    }

    [Fact]
    public void WhatAMemberThatIsGoneHasComputedIsNoOpinion()
    {
        Leaf(0, Other, 0.25f);
        var without = View with { Generation = new Generation(2), LaneOwners = [Worker, Decider], Members = [.. View.Members.Where(member => member.Node != Other)] };
        _bench.Adopt(without);
        Assert.Null(Sent<LaneDisputed>(_bench.Handle(Worker, PushOf(0, Worker, generation: 2))));
        Assert.Contains(Decider, _bench.Replica.AwaitedAuditors);
    }

    [Fact]
    public void ASumThatHoldsAnAuditedLaneIsARefusedErrorOfThisProgram() =>
        Assert.Throws<ProtocolViolationException>(() => _bench.Handle(Worker, Whole(Key(0)) with { By = Worker }));

    [Fact]
    public void AloneAWorkerIsTakenAtItsWord()
    {
        var bench = new ReplicaBench(Primary, View with { LaneOwners = [Worker, Worker] });
        bench.Handle(Worker, PushOf(0, Worker));
        bench.Handle(Worker, PushOf(1, Worker));
        Assert.NotNull(bench.Replica.State.Reduced);
    }

    // Two lanes have room for two owners; the third owns one that is never pushed.
    private static View ThreeWorkers => View with { LaneOwners = [Worker, Other, Decider] };

    private static NodeId Auditor => Core.Protocol.Audits.AuditRoster.Of(ThreeWorkers, 0, 0)[1];

    private static NodeId Third => Core.Protocol.Audits.AuditRoster.Of(ThreeWorkers, 0, 0)[2];

    private static Push PushOf(int lane, NodeId by, float value = 0.5f, long generation = 1) =>
        new(Partition, new Generation(generation), Key(0), TreeNode.Leaf(lane), 1, Enumerable.Repeat(value, Elements).ToArray(), by);

    private void Leaf(int lane, NodeId by, float value = 0.5f) => _bench.Handle(by, PushOf(lane, by, value));
}
