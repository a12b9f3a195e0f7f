using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Coordination;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Core.Tests.Protocol.Coordination;
using static AtomGrains.Core.Tests.Protocol.ReplicaBench;

namespace AtomGrains.Core.Tests.Protocol;

public class CoordinatorTests : CoordinatorBench
{
    [Fact]
    public void FirstViewWaitsForAllWorkersAndIsRecordedBeforeAnybodyHearsOfIt()
    {
        Assert.Empty(Ready(One).OfType<RecordView>());
        var effects = Ready(Two);
        var view = Assert.Single(effects.OfType<RecordView>()).View;
        Assert.Empty(effects.OfType<SendToNode>());
        Assert.Equal((new Generation(1), new Lineage(new Generation(1))), (view.Generation, view.Lineage));
        var told = Recorded(1).OfType<SendToNode>().Where(send => send.Message is AdoptView).Select(send => send.To);
        Assert.Equal([One, Two], told);
    }

    [Fact]
    public void FirstViewIsMadeOfThoseWhoAreThereAfterTheGrace()
    {
        Ready(One);
        Now = Options.StartGrace + TimeSpan.FromSeconds(1);
        Assert.Single(Beat(One).OfType<RecordView>());
    }

    [Fact]
    public void NothingIsDecidedBeforeEveryReplicaHasAdoptedTheView()
    {
        Ready(One);
        Ready(Two);
        Recorded(1);
        Adopt(One, 1);
        Assert.Empty(Seal(One, 1, 0));
        Assert.False(Coordinator.IsInstalled);
        var effects = Adopt(Two, 1);
        Assert.Single(effects.OfType<ViewInstalled>());
        Assert.Equal([One, Two], Decided(effects).Select(send => send.To));
        Assert.Equal(1, Coordinator.Step);
    }

    [Fact]
    public void SealOfAnOldGenerationOrAnotherLineageDecidesNothing()
    {
        Install();
        TakeOver();
        Adopt(One, 2);
        Adopt(Two, 2);
        Assert.Empty(Decided(Seal(One, 1, 0)));
        Assert.Empty(Decided(Do(outbox => Coordinator.HandleMessage(One, new Sealed(new(2), new Lineage(new(2)), [SealOf(0)]), Now, outbox))));
        Assert.NotEmpty(Decided(Seal(One, 2, 0)));
    }

    [Fact]
    public void ReportOfAnOldGenerationDoesNotInstallANewView()
    {
        Install();
        TakeOver();
        Adopt(One, 1);
        Adopt(Two, 1);
        Assert.False(Coordinator.IsInstalled);
        Adopt(One, 2);
        Adopt(Two, 2);
        Assert.True(Coordinator.IsInstalled);
    }

    [Fact]
    public void DecisionThatOneReplicaHasAppliedIsSentAgainAsItWas()
    {
        Install();
        var first = Decided(Seal(One, 1, 0)).Select(send => ((Decide)send.Message).Decision).First();
        TakeOver();

        // A predecessor's or a lost message's work: one replica is past step 0, the other not.
        Adopt(One, 2, new ReplicaReport(Partition, 1, false, first));
        var sent = Decided(Adopt(Two, 2, new ReplicaReport(Partition, 0, true, null)));
        Assert.All(sent, send => Assert.Equal(first, ((Decide)send.Message).Decision));
        Assert.Equal(2, sent.Count);
    }

    [Fact]
    public void SecondDecisionOfTheSameStepStopsTheRun()
    {
        Install();
        Seal(One, 1, 0);
        TakeOver();
        Adopt(One, 2, new ReplicaReport(Partition, 1, false, Commit(0) with { Loss = 3 }));
        Assert.Throws<ProtocolViolationException>(() => Adopt(Two, 2, new ReplicaReport(Partition, 1, false, Commit(0) with { Loss = 4 })));
    }

    [Fact]
    public void ReplicasMoreThanOneVersionApartStopTheRun()
    {
        Install();
        TakeOver();
        Adopt(One, 2, new ReplicaReport(Partition, 3, false, Commit(2)));
        Assert.Throws<ProtocolViolationException>(() => Adopt(Two, 2, new ReplicaReport(Partition, 1, false, Commit(0))));
    }

    [Fact]
    public void WhoLosesTheRaceForAGenerationStopsForGood()
    {
        Ready(One);
        Ready(Two);
        Assert.Single(Do(outbox => Coordinator.OnRecordRefused(new(1), outbox)).OfType<Superseded>());
        Assert.True(Coordinator.IsOver);
        Assert.Empty(Ready(Three).OfType<RecordView>());
        Now += TimeSpan.FromMinutes(5);
        Assert.Empty(Tick().OfType<RecordView>());
    }

    [Fact]
    public void SilentNodeIsLeftOutAndDismissedWhenItWakes()
    {
        Install();
        Ready(Three);
        var effects = Wait(2, One, Three);
        Assert.Equal((Two, LossCause.Silent), effects.OfType<MemberLost>().Select(lost => (lost.Node, lost.Cause)).Single());
        Recorded(2);
        Assert.Equal(NodeStanding.Fenced, Coordinator.StandingOf(Two));
        var answer = Beat(Two).OfType<SendToNode>().Single();
        Assert.Equal((Two, new Dismiss(new(2), DismissReason.Fenced)), (answer.To, answer.Message));
    }

    [Fact]
    public void SilentNodeThatSpeaksBeforeItIsLeftOutIsAliveAgain()
    {
        Install();
        Wait(2, One);
        Assert.Equal(NodeStanding.Silent, Coordinator.StandingOf(Two));
        Beat(Two);
        Assert.Equal(NodeStanding.Alive, Coordinator.StandingOf(Two));
    }

    [Fact]
    public void UnknownNodeIsAskedToIntroduceItself() =>
        Assert.IsType<Introduce>(Assert.Single(Beat(Three).OfType<SendToNode>()).Message);

    [Fact]
    public void RollbackWaitsForSilentReplicasAndNotForThoseThatEnded()
    {
        Install();
        Ready(Three);
        End(One);
        Recorded(2);

        // Two is the last replica: while it is only silent it is worth waiting for.
        Assert.Empty(Wait(5, Three).OfType<RolledBack>());
        var effects = Wait(Options.RollbackAfter.TotalSeconds, Three);
        Assert.Equal(new Lineage(new(3)), Assert.Single(effects.OfType<RolledBack>()).Lineage);
        Assert.Equal(new Lineage(new(3)), Assert.Single(effects.OfType<RecordView>()).View.Lineage);
    }

    [Fact]
    public void BothCopiesEndedMeansANewLineageAtOnce()
    {
        Install();
        Ready(Three);
        End(One);
        Recorded(2);
        var effects = End(Two);
        Assert.Equal([Partition], Assert.Single(effects.OfType<RolledBack>()).Lost);
    }

    [Fact]
    public void NewCoordinatorTakesTheNextGenerationOfTheSameLineage()
    {
        Coordinator = new Coordinator(Spec, Layout, Options, ProtocolRules.Safe, ViewOf(7, One, Two) with { LaneOwners = [One, Two] });
        Assert.Empty(Ready(One).OfType<RecordView>());
        var view = Assert.Single(Ready(Two).OfType<RecordView>()).View;
        Assert.Equal((new Generation(8), ReplicaBench.Lineage), (view.Generation, view.Lineage));
        Assert.Equal(new PartitionPlacement(One, Two), view.Partitions[0]);
    }

    [Fact]
    public void TooManySkipsInARowStopTheRunWithTheReason()
    {
        Install();
        Decision? last = null;
        for (var step = 0; step < Options.MaximumSkipsInRow - 1; step++)
        {
            NotFinite(step, last, 1);
            last = Decided(Seal(One, 1, step, double.NaN, last)).Select(send => ((Decide)send.Message).Decision).First();
            Assert.Equal(DecisionKind.Skip, last.Kind);
        }

        NotFinite(Options.MaximumSkipsInRow - 1, last, 1);
        var effects = Seal(One, 1, Options.MaximumSkipsInRow - 1, double.NaN, last);
        Assert.StartsWith(
            "5 steps in a row up to step 4 had a gradient or loss that is not finite: lane 1 of step 0 (samples ",
            Assert.Single(effects.OfType<RunStopped>()).Reason,
            StringComparison.Ordinal);
        Assert.Empty(Decided(effects));
    }

    [Fact]
    public void ASkipWaitsForTheNamesOfItsLanesAndNotForLong()
    {
        Install();
        Assert.Empty(Decided(Seal(One, 1, 0, double.NaN)));
        var named = NotFinite(0, null, 0, 1);
        var skipped = Assert.Single(named.OfType<StepDecided>()).Skipped!;
        Assert.Equal((0L, SkipReason.Gradient), (skipped.Step, skipped.Reason));
        Assert.Equal([0, 1], skipped.Lanes);

        // The worker that knew is gone, or every lane was finite and their sum is not.
        var last = Decided(named).Select(send => ((Decide)send.Message).Decision).First();
        Assert.Empty(Decided(Seal(One, 1, 1, double.NaN, last)));
        var effects = Wait(Options.SkipGrace.TotalSeconds + 0.2, One, Two);
        Assert.Empty(Assert.Single(effects.OfType<StepDecided>()).Skipped!.Lanes);
    }

    [Fact]
    public void MetricsOfAStepComeBeforeItsDecision()
    {
        Install();
        var effects = Seal(One, 1, 0);
        Assert.True(effects.FindIndex(effect => effect is StepDecided) < effects.FindIndex(effect => effect is SendToNode { Message: Decide }));
    }

    [Fact]
    public void JoinerThatIsReportedUnderAnOldGenerationIsNotRecorded()
    {
        Install();
        Ready(Three);
        End(Two);
        Recorded(2);
        Assert.Equal(Three, Coordinator.View!.Partitions[0].Joiner);
        Do(outbox => Coordinator.HandleMessage(One, new JoinerInSync(new(1), Partition, Three), Now, outbox));
        Adopt(One, 2);
        Assert.Empty(Seal(One, 2, 0).OfType<RecordView>());
        Do(outbox => Coordinator.HandleMessage(One, new JoinerInSync(new(2), Partition, Three), Now, outbox));
        var view = Assert.Single(Seal(One, 2, 1, last: DecisionOf(0)).OfType<RecordView>()).View;
        Assert.Equal(new PartitionPlacement(One, Three), view.Partitions[0]);
    }

    [Fact]
    public void ATakeoverWaitsForNodesThatMayYetReport()
    {
        Install();
        Succeed();
        Assert.Empty(Ready(One).OfType<RecordView>());
        Assert.Empty(Wait(Options.TakeOverGrace.TotalSeconds - 0.2, One).OfType<RecordView>());
        var effects = Wait(0.5, One);
        Assert.Equal([One], Assert.Single(effects.OfType<RecordView>()).View.Workers);

        // Nobody waits for it any more, which is a loss like any other, and one that speaks in time is back.
        Assert.Equal((Two, LossCause.Silent), effects.OfType<MemberLost>().Select(lost => (lost.Node, lost.Cause)).Single());
        Assert.Equal(NodeStanding.Silent, Coordinator.StandingOf(Two));
        Beat(Two);
        Assert.Equal(NodeStanding.Alive, Coordinator.StandingOf(Two));
    }

    [Fact]
    public void ATakeoverHasTheLineOfTheNewestDecisionWrittenThatAnyReplicaKnows()
    {
        Install();
        var first = Decided(Seal(One, 1, 0)).Select(send => ((Decide)send.Message).Decision).First();
        TakeOver();
        Adopt(One, 2, new ReplicaReport(Partition, 1, false, first));
        var effects = Adopt(Two, 2, new ReplicaReport(Partition, 1, false, first));
        Assert.Equal(first, Assert.Single(effects.OfType<DecisionRecalled>()).Decision);

        // A later view of the same coordinator tells nothing that it did not decide itself.
        End(Two);
        Recorded(3);
        Assert.Empty(Adopt(One, 3, new ReplicaReport(Partition, 1, false, first)).OfType<DecisionRecalled>());
    }

    [Fact]
    public void ATakeoverDoesNotWaitForNodesThatHaveEnded()
    {
        Install();
        Succeed();
        Ready(One);
        var effects = End(Two);
        Assert.Equal((Two, LossCause.Ended), effects.OfType<MemberLost>().Select(lost => (lost.Node, lost.Cause)).Single());
        Assert.Equal([One], Assert.Single(effects.OfType<RecordView>()).View.Workers);

        // Whichever comes first.
        Succeed();
        Assert.Empty(End(Two).OfType<RecordView>());
        Assert.Equal([One], Assert.Single(Ready(One).OfType<RecordView>()).View.Workers);
    }

    [Fact]
    public void ANodeThatEndedBeforeATakeoverHeardOfItIsNoLongerLetIn()
    {
        Install();
        Succeed();
        End(Two);
        Ready(One);
        Recorded(2);
        Assert.Single(Ready(Two).OfType<SendToNode>(), send => send.To == Two && send.Message is Dismiss);
    }

    [Fact]
    public void WhatIsLostBeforeATakeoverHasHeardTheReplicasIsSaidByTheStepOfThePredecessor()
    {
        Install();
        Coordinator = new Coordinator(Spec, Layout, Options, ProtocolRules.Safe, Coordinator.View, known: 42);
        Ready(Three);
        Assert.Equal(42, Coordinator.Step);
        Assert.Equal(42, Assert.Single(End(One).OfType<MemberLost>()).Step);
        var effects = End(Two);
        Assert.Equal(42, Assert.Single(effects.OfType<MemberLost>()).Step);
        Assert.Equal(42, Assert.Single(effects.OfType<RolledBack>()).StepsLost);

        // From then on it is the new history that counts.
        Recorded(2);
        Assert.Equal(0, Coordinator.Step);
    }

    [Fact]
    public void WhatTheReplicasSayIsTheStepWhateverThePredecessorsRecordsTold()
    {
        Install();
        var first = Decided(Seal(One, 1, 0)).Select(send => ((Decide)send.Message).Decision).First();
        Coordinator = new Coordinator(Spec, Layout, Options, ProtocolRules.Safe, Coordinator.View, known: 42);
        Ready(One);
        Ready(Two);
        Recorded(2);
        Adopt(One, 2, new ReplicaReport(Partition, 1, false, first));
        Adopt(Two, 2, new ReplicaReport(Partition, 1, false, first));
        Assert.Equal(1, Coordinator.Step);
    }

    // Another coordinator begins with the register; nobody has been heard.
    private void Succeed() => Coordinator = new Coordinator(Spec, Layout, Options, ProtocolRules.Safe, Coordinator.View);

    // Another coordinator records generation 2 with the same replicas; nothing of it is adopted yet.
    private void TakeOver()
    {
        Succeed();
        Ready(One);
        Ready(Two);
        Recorded(2);
        Assert.Equal(new Generation(2), Coordinator.View!.Generation);
    }
}
