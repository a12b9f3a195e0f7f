using AtomGrains.Core.Lanes;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Coordination;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;
using static AtomGrains.Core.Tests.Protocol.ReplicaBench;

namespace AtomGrains.Core.Tests.Protocol;

public class CoordinatorTests
{
    private static readonly NodeId One = new(1), Two = new(2), Three = new(3);
    private static readonly CoordinatorOptions Options = new() { Workers = 2 };

    private readonly Outbox _outbox = new();
    private TimeSpan _now;
    private Coordinator _coordinator = new(Spec, Layout, Options, ProtocolRules.Safe);

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
        _now = Options.StartGrace + TimeSpan.FromSeconds(1);
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
        Assert.False(_coordinator.IsInstalled);
        var effects = Adopt(Two, 1);
        Assert.Single(effects.OfType<ViewInstalled>());
        Assert.Equal([One, Two], Decided(effects).Select(send => send.To));
        Assert.Equal(1, _coordinator.Step);
    }

    [Fact]
    public void SealOfAnOldGenerationOrAnotherLineageDecidesNothing()
    {
        Install();
        TakeOver();
        Adopt(One, 2);
        Adopt(Two, 2);
        Assert.Empty(Decided(Seal(One, 1, 0)));
        Assert.Empty(Decided(Do(outbox => _coordinator.HandleMessage(One, new Sealed(new(2), new Lineage(new(2)), [SealOf(0)]), _now, outbox))));
        Assert.NotEmpty(Decided(Seal(One, 2, 0)));
    }

    [Fact]
    public void ReportOfAnOldGenerationDoesNotInstallANewView()
    {
        Install();
        TakeOver();
        Adopt(One, 1);
        Adopt(Two, 1);
        Assert.False(_coordinator.IsInstalled);
        Adopt(One, 2);
        Adopt(Two, 2);
        Assert.True(_coordinator.IsInstalled);
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
        Assert.Single(Do(outbox => _coordinator.OnRecordRefused(new(1), outbox)).OfType<Superseded>());
        Assert.True(_coordinator.IsOver);
        Assert.Empty(Ready(Three).OfType<RecordView>());
        _now += TimeSpan.FromMinutes(5);
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
        Assert.Equal(NodeStanding.Fenced, _coordinator.StandingOf(Two));
        var answer = Beat(Two).OfType<SendToNode>().Single();
        Assert.Equal((Two, new Dismiss(new(2), DismissReason.Fenced)), (answer.To, answer.Message));
    }

    [Fact]
    public void SilentNodeThatSpeaksBeforeItIsLeftOutIsAliveAgain()
    {
        Install();
        Wait(2, One);
        Assert.Equal(NodeStanding.Silent, _coordinator.StandingOf(Two));
        Beat(Two);
        Assert.Equal(NodeStanding.Alive, _coordinator.StandingOf(Two));
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
        _coordinator = new Coordinator(Spec, Layout, Options, ProtocolRules.Safe, ViewOf(7, One, Two) with { LaneOwners = [One, Two] });
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
            last = Decided(Seal(One, 1, step, double.NaN, last)).Select(send => ((Decide)send.Message).Decision).First();
            Assert.Equal(DecisionKind.Skip, last.Kind);
        }

        var effects = Seal(One, 1, Options.MaximumSkipsInRow - 1, double.NaN, last);
        Assert.Contains("not finite", Assert.Single(effects.OfType<RunStopped>()).Reason, StringComparison.Ordinal);
        Assert.Empty(Decided(effects));
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
        Assert.Equal(Three, _coordinator.View!.Partitions[0].Joiner);
        Do(outbox => _coordinator.HandleMessage(One, new JoinerInSync(new(1), Partition, Three), _now, outbox));
        Adopt(One, 2);
        Assert.Empty(Seal(One, 2, 0).OfType<RecordView>());
        Do(outbox => _coordinator.HandleMessage(One, new JoinerInSync(new(2), Partition, Three), _now, outbox));
        var view = Assert.Single(Seal(One, 2, 1, last: DecisionOf(0)).OfType<RecordView>()).View;
        Assert.Equal(new PartitionPlacement(One, Three), view.Partitions[0]);
    }

    [Fact]
    public void LateStepGoesOnWithoutTheNodeThatIsWaitedFor()
    {
        Install();
        Ready(Three);
        Assert.Equal((Two, LossCause.Hung), BlameTwo().Select(lost => (lost.Node, lost.Cause)).Single());
        Assert.Equal(NodeStanding.Fenced, _coordinator.StandingOf(Two));
    }

    [Fact]
    public void LateStepWaitsForTheOnlyNodeThatHasACopyOfAPartition()
    {
        Install();
        Ready(Three);
        End(One);
        Recorded(2);
        Adopt(Two, 2);
        Assert.True(_coordinator.IsInstalled);
        Assert.Empty(BlameTwo());
        Assert.Equal(NodeStanding.Alive, _coordinator.StandingOf(Two));
    }

    // The step is past its deadline, and all who answer wait for a lane of node 2.
    private List<MemberLost> BlameTwo()
    {
        var generation = _coordinator.View!.Generation;
        var lanes = Enumerable.Range(0, 2).Where(lane => _coordinator.View.LaneOwners[lane] == Two).Select(TreeNode.Leaf).ToList();
        for (var asked = false; !asked;)
        {
            _now += TimeSpan.FromMilliseconds(500);
            Beat(One);
            Beat(Two);
            Beat(Three);
            asked = Tick().Exists(effect => effect is SendToNode { Message: SayWhatYouWaitFor });
            Assert.True(_now < TimeSpan.FromHours(1), "nobody was asked");
        }

        Do(outbox => _coordinator.HandleMessage(Two, new WaitsFor(generation, lanes, [], []), _now, outbox));
        var lost = new List<MemberLost>();
        for (var i = 0; i < 10; i++)
        {
            _now += TimeSpan.FromMilliseconds(500);
            Beat(One);
            Beat(Two);
            Beat(Three);
            lost.AddRange(Tick().OfType<MemberLost>());
        }

        return lost;
    }

    [Fact]
    public void ATakeoverWaitsForNodesThatMayYetReport()
    {
        Install();
        Succeed();
        Assert.Empty(Ready(One).OfType<RecordView>());
        Assert.Empty(Wait(Options.TakeOverGrace.TotalSeconds - 0.2, One).OfType<RecordView>());
        Assert.Equal([One], Assert.Single(Wait(0.5, One).OfType<RecordView>()).View.Workers);
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

    // Another coordinator begins with the register; nobody has been heard.
    private void Succeed() => _coordinator = new Coordinator(Spec, Layout, Options, ProtocolRules.Safe, _coordinator.View);

    // Nodes 1 and 2 in force at step 0 of generation 1.
    private void Install()
    {
        Ready(One);
        Ready(Two);
        Recorded(1);
        Adopt(One, 1);
        Adopt(Two, 1);
        Assert.True(_coordinator.IsInstalled);
    }

    // Another coordinator records generation 2 with the same replicas; nothing of it is adopted yet.
    private void TakeOver()
    {
        Succeed();
        Ready(One);
        Ready(Two);
        Recorded(2);
        Assert.Equal(new Generation(2), _coordinator.View!.Generation);
    }

    private static Decision DecisionOf(long step, Decision? last = null) =>
        DecisionMaker.Decide(Spec, Layout, ReplicaBench.Lineage, step, last, [SealOf(step, 1, last)]);

    private static PartitionSeal SealOf(long step, double square = 1, Decision? last = null) =>
        new(Partition, step, last?.Digest ?? DecisionDigest.Genesis(ReplicaBench.Lineage), [new(new TreeNode(1, 0), square)], 1);

    private List<Effect> Seal(NodeId node, long generation, long step, double square = 1, Decision? last = null) =>
        Do(outbox => _coordinator.HandleMessage(node, new Sealed(new(generation), ReplicaBench.Lineage, [SealOf(step, square, last)]), _now, outbox));

    private List<Effect> Adopt(NodeId node, long generation, ReplicaReport? report = null) =>
        Do(outbox => _coordinator.HandleMessage(node, new Adopted(new(generation), [report ?? new ReplicaReport(Partition, 0, false, null)]), _now, outbox));

    private List<Effect> Ready(NodeId node) => Do(outbox => _coordinator.HandleMessage(node, new NodeReady("", node.Value), _now, outbox));

    private List<Effect> Beat(NodeId node) => Do(outbox => _coordinator.HandleMessage(node, new Heartbeat(new(1), new NodeCounters()), _now, outbox));

    private List<Effect> Recorded(long generation) => Do(outbox => _coordinator.OnViewRecorded(new(generation), _now, outbox));

    private List<Effect> End(NodeId node) => Do(outbox => _coordinator.OnNodeEnded(node, _now, outbox));

    // Time passes tick by tick while these nodes are heard.
    private List<Effect> Wait(double seconds, params NodeId[] heard)
    {
        var effects = new List<Effect>();
        for (var until = _now + TimeSpan.FromSeconds(seconds); _now < until;)
        {
            _now += TimeSpan.FromMilliseconds(100);
            foreach (var node in heard)
            {
                effects.AddRange(Beat(node));
            }

            effects.AddRange(Tick());
        }

        return effects;
    }

    private List<Effect> Tick() => Do(outbox => _coordinator.OnTick(_now, outbox));

    private static List<SendToNode> Decided(List<Effect> effects) => [.. effects.OfType<SendToNode>().Where(send => send.Message is Decide)];

    private List<Effect> Do(Action<Outbox> act)
    {
        _outbox.Clear();
        act(_outbox);
        return [.. _outbox.Effects];
    }
}
