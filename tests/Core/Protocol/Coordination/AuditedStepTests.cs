using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Options;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Audits;
using AtomGrains.Core.Protocol.Coordination;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;
using static AtomGrains.Core.Tests.Protocol.ReplicaBench;

namespace AtomGrains.Core.Tests.Protocol.Coordination;

/// <summary>What follows from an audit: who is left out, how far the run goes back, and when it stops.</summary>
public class AuditedStepTests : CoordinatorBench
{
    private static readonly CoordinatorOptions Audited = Options with { AuditShare = 1 };

    [Fact]
    public void WhoIsWrongIsLeftOutByTheNextViewWhichNamesIt()
    {
        Begin(Audited);
        var effects = Dispute(wrong: Two);
        var found = Assert.Single(effects.OfType<WrongBitsFound>());
        Assert.Equal((Two, 2, 0L, 0L, false, false), (found.Node, found.Slot, found.Step, found.FirstSuspect, found.GoesBack, found.IsLost));
        Assert.Equal(LossCause.WrongBits, Assert.Single(effects.OfType<MemberLost>()).Cause);
        var view = Assert.Single(effects.OfType<RecordView>()).View;
        Assert.Equal(new Quarantine(Two, 2, 0), Assert.Single(view.Quarantined));
        Assert.Equal([One], view.Workers);
        Assert.Equal(new AuditCounts(Different: 1), Coordinator.Audits);
    }

    [Fact]
    public void TheSameWordFromAnotherPartitionIsNoNews()
    {
        Begin(Audited);
        Dispute(wrong: Two);
        Recorded(2);
        Assert.Empty(Dispute(wrong: Two, generation: 2).OfType<WrongBitsFound>());
        Assert.Equal(1, Coordinator.Audits.Different);
    }

    [Fact]
    public void AWordOfAnOldGenerationIsNotHeard()
    {
        Begin(Audited);
        Assert.Empty(Dispute(wrong: Two, generation: 7).OfType<WrongBitsFound>());
    }

    [Fact]
    public void WhoWasWrongAndIsGoneIsNamedAllTheSameAndItsWorkTakenOut()
    {
        Begin(Audited);
        End(Two);
        Recorded(2);
        Adopt(One, 2);
        var effects = Dispute(wrong: Two, generation: 2);
        Assert.True(Assert.Single(effects.OfType<WrongBitsFound>()).IsLost);
        Assert.Empty(effects.OfType<MemberLost>());
        Assert.Equal([Two], Assert.Single(effects.OfType<RecordView>()).View.Quarantined.Select(quarantine => quarantine.Node));
    }

    [Fact]
    public void ARunThatIsToStopStops()
    {
        Begin(Audited with { OnWrongBits = WrongBitsPolicy.Stop });
        Assert.StartsWith("n2 (worker 2) computes wrong bits: lane 0 of step 0 (sample", Assert.Single(Dispute(wrong: Two).OfType<RunStopped>()).Reason, StringComparison.Ordinal);
        Assert.True(Coordinator.IsOver);
    }

    [Fact]
    public void ARollbackAsksForACheckpointNotAfterTheLastCleanAuditAndTakesNoLaterOne()
    {
        Begin(Audited with { OnWrongBits = WrongBitsPolicy.Rollback, AuditShare = 1e-9, Checkpoints = new CheckpointOptions { EverySteps = 1 } });
        var first = Commit();
        var effects = Dispute(wrong: Two, step: 1, last: first);
        Assert.True(Assert.Single(effects.OfType<WrongBitsFound>()).GoesBack);
        Assert.Equal(0, Assert.Single(effects.OfType<FindCheckpoint>()).NotAfter);
        Assert.Equal(0, Assert.Single(Found(new LineageOrigin(new CheckpointId(ReplicaBench.Lineage, 1), 1, 0)).OfType<FindCheckpoint>()).NotAfter);
        effects = Found(null);
        Assert.Equal((1L, null), Assert.Single(effects.OfType<RolledBack>().Select(back => (back.StepsLost, back.Origin))));
        Assert.Equal(new Lineage(new(2)), Assert.Single(effects.OfType<RecordView>()).View.Lineage);
    }

    [Fact]
    public void WithEveryLaneAuditedThereIsNothingToGoBackFrom()
    {
        Begin(Audited with { OnWrongBits = WrongBitsPolicy.Rollback });
        var first = Commit();
        Commit(first);
        var effects = Dispute(wrong: Two, step: 2, last: DecisionOf(1, first));
        Assert.Equal((2L, false), Assert.Single(effects.OfType<WrongBitsFound>().Select(found => (found.FirstSuspect, found.GoesBack))));
        Assert.Equal(ReplicaBench.Lineage, Assert.Single(effects.OfType<RecordView>()).View.Lineage);
    }

    [Fact]
    public void OfTwoWithoutAThirdTheRunStopsAndNamesBoth()
    {
        Begin(Audited);
        Dispute(wrong: null);
        var reason = Assert.Single(Wait(1, One, Two).OfType<RunStopped>()).Reason;
        Assert.StartsWith("n1 (worker 1) and n2 (worker 2) have computed lane 0 of step 0", reason, StringComparison.Ordinal);
        Assert.Equal(1, Coordinator.Audits.Undecided);
    }

    [Fact]
    public void ASuccessorKnowsWhoIsQuarantinedAndHowFarOthersAreTrusted()
    {
        var newest = ViewOf(7, One, Two) with { LaneOwners = [One, Two], AuditShare = 1, Quarantined = [new Quarantine(Three, 3, 0)], Trusted = [new Trust(1, 3), new Trust(2, 0)] };
        Coordinator = new Coordinator(Spec, Layout, Options with { AuditShare = 0.5 }, ProtocolRules.Safe, newest);
        Ready(Three);
        Ready(One);
        var view = Assert.Single(Ready(Two).OfType<RecordView>()).View;
        Assert.Equal((1.0, newest.Quarantined.Single()), (view.AuditShare, view.Quarantined.Single()));
        Assert.Equal<Trust>(newest.Trusted, view.Trusted);
        Assert.Equal([One, Two], view.Workers);
    }

    [Fact]
    public void AViewSaysOfItsWorkersFromWhichStepOnNoAuditHasSpokenForThem()
    {
        Coordinator = new Coordinator(Spec, Layout, Audited, ProtocolRules.Safe);
        Ready(One);
        Assert.Equal<Trust>([new(1, 0), new(2, 0)], Assert.Single(Ready(Two).OfType<RecordView>()).View.Trusted);
        Recorded(1);
        Adopt(One, 1);
        Adopt(Two, 1);
        var first = Commit();
        Commit(first);

        // The second step was audited whole, in a view that was in force all the while; of the newcomer nothing is known before the third.
        Ready(Three);
        Assert.Equal<Trust>([new(1, 2), new(2, 2), new(3, 2)], Assert.Single(End(Two).OfType<RecordView>()).View.Trusted);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void WhatWasComputedUnderACoordinatorThatDiedIsSuspectWhereItsRecordsVouchForNothing(bool recordsIt)
    {
        var newest = ViewOf(7, One, Two) with { LaneOwners = [One, Two], AuditShare = 1e-9, Trusted = recordsIt ? [new Trust(1, 0), new Trust(2, 0)] : [] };
        Coordinator = new Coordinator(Spec, Layout, Options with { AuditShare = 1e-9, OnWrongBits = WrongBitsPolicy.Rollback }, ProtocolRules.Safe, newest);
        Ready(One);
        Ready(Two);
        Recorded(8);
        Adopt(One, 8, new ReplicaReport(Partition, 4, false, DecisionOf(3)));
        Adopt(Two, 8, new ReplicaReport(Partition, 4, false, DecisionOf(3)));
        Assert.Equal((true, 4), (Coordinator.IsInstalled, Coordinator.Step));
        var found = Assert.Single(Dispute(wrong: Two, generation: 8, step: 4, last: DecisionOf(3)).OfType<WrongBitsFound>());
        Assert.Equal((0L, true), (found.FirstSuspect, found.GoesBack));
    }

    private void Begin(CoordinatorOptions options)
    {
        Coordinator = new Coordinator(Spec, Layout, options, ProtocolRules.Safe);
        Install();
    }

    // The first step is one in which a view came into force.
    private Decision Commit(Decision? last = null)
    {
        Seal(One, 1, last is null ? 0 : last.Step + 1, last: last);
        return DecisionOf(last is null ? 0 : last.Step + 1, last);
    }

    private List<Effect> Dispute(NodeId? wrong, long generation = 1, long step = 0, Decision? last = null) => Do(outbox => Coordinator.HandleMessage(
        One,
        new LaneDisputed(new(generation), Partition, Key(step, last), 0, [.. new[] { One, Two }.Select(node => new LeafVote(node, node.Value, new SliceDigest((ulong)node.Value), node == wrong))]),
        Now,
        outbox));

    private List<Effect> Found(LineageOrigin? origin) => Do(outbox => Coordinator.OnCheckpointFound(origin, Now, outbox));
}
