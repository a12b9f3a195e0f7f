using AtomGrains.Core.Lanes;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Coordination;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Core.Runs;
using static AtomGrains.Core.Tests.Protocol.ReplicaBench;

namespace AtomGrains.Core.Tests.Protocol.Coordination;

/// <summary>How a run goes on without a node that is alive and does not get on.</summary>
public class WatchedStepTests : CoordinatorBench
{
    [Fact]
    public void LateStepGoesOnWithoutTheNodeThatIsWaitedFor()
    {
        Install();
        Ready(Three);
        Assert.Equal((Two, LossCause.Hung), Lost(AfterTheDeadline(Lanes(One, Two))));
        Assert.Equal(NodeStanding.Fenced, Coordinator.StandingOf(Two));
    }

    [Fact]
    public void NobodyIsBlamedWhileNobodyIsWaitedFor()
    {
        Install();
        Assert.Empty(AfterTheDeadline().OfType<MemberLost>());
    }

    [Fact]
    public void OnlyHolderOfAPartitionLosesItsLanesInMidStepAndServesUntilItsCopyIsElsewhere()
    {
        OnlyTwoHasACopy();
        var effects = AfterTheDeadline(Lanes(Two, Two));
        Assert.Equal((Two, LossCause.Hung), Lost(effects));
        Assert.False(Coordinator.Counts(Two));
        var view = Assert.Single(effects.OfType<RecordView>()).View;
        Assert.Equal([Three], view.Workers);
        Assert.Equal(new PartitionPlacement(Two, null, Three), view.Partitions[0]);

        // Nothing is decided in between: the filled copy takes over in the same step.
        Recorded(3);
        Adopt(Two, 3);
        Assert.True(Coordinator.IsInstalled);
        view = Assert.Single(InSync(3, Three).OfType<RecordView>()).View;
        Assert.Equal(Three, view.Partitions[0].Primary);
        Assert.False(view.Partitions[0].IsReplica(Two));
        Recorded(4);
        var told = Adopt(Three, 4).OfType<SendToNode>().Where(send => send.Message is Dismiss).Select(send => (send.To, send.Message));
        Assert.Equal([(Two, new Dismiss(new(4), DismissReason.Fenced))], told);
    }

    [Fact]
    public void LastNodeIsReplacedAsSoonAsAnotherOneIsReady()
    {
        Install();
        End(One);
        Recorded(2);
        Adopt(Two, 2);
        var effects = AfterTheDeadline(Lanes(Two, Two));
        Assert.Equal((Two, LossCause.Hung), Lost(effects));
        Assert.Empty(effects.OfType<RecordView>());
        Assert.Equal([Two], Coordinator.View!.Workers);
        Assert.Equal([Three], Assert.Single(Ready(Three).OfType<RecordView>()).View.Workers);
    }

    [Fact]
    public void LastNodeThatGetsOnAfterAllIsNotHinderedByItsRetirement()
    {
        Install();
        End(One);
        Recorded(2);
        Adopt(Two, 2);
        AfterTheDeadline(Lanes(Two, Two));
        var effects = Seal(Two, 2, 0);
        Assert.NotEmpty(Decided(effects));
        Assert.Empty(effects.OfType<Waiting>());
    }

    [Fact]
    public void RetiredNodeNeverOwnsALaneNorIsFilledAgain()
    {
        OnlyTwoHasACopy();
        AfterTheDeadline(Lanes(Two, Two));
        Recorded(3);
        Adopt(Two, 3);

        // Not even when nobody else is left: it would not get on.
        Assert.Empty(End(Three).OfType<RecordView>());
        var view = Assert.Single(Ready(new NodeId(4)).OfType<RecordView>()).View;
        Assert.Equal([new NodeId(4)], view.Workers);
        Assert.Equal(new PartitionPlacement(Two, null, new NodeId(4)), view.Partitions[0]);
        Recorded(4);
        Adopt(Two, 4);
        Ready(new NodeId(5));
        view = Assert.Single(InSync(4, new NodeId(4)).OfType<RecordView>()).View;
        Assert.Equal([new NodeId(4), new NodeId(5)], view.Workers);
        Assert.Equal(new PartitionPlacement(new NodeId(4), null, new NodeId(5)), view.Partitions[0]);
    }

    [Fact]
    public void RetiredNodeThatEndsOrFallsSilentIsNotReportedAsLostAgain()
    {
        OnlyTwoHasACopy();
        AfterTheDeadline(Lanes(Two, Two));
        Recorded(3);
        Assert.Empty(Wait(3, Three).OfType<MemberLost>());
        Assert.Equal(NodeStanding.Silent, Coordinator.StandingOf(Two));
        Beat(Two);
        Assert.Equal(NodeStanding.Alive, Coordinator.StandingOf(Two));
        Assert.Empty(End(Two).OfType<MemberLost>());
    }

    [Fact]
    public void LateEvaluationBlamesTheOwnerOfTheBatchAndNotWhomIdleWorkersPullFrom()
    {
        // Batch 0 is node 1's, batch 1 node 2's, of the version before each step.
        Coordinator = new Coordinator(Spec with { Evaluation = new EvaluationSpec { Every = 1, Batches = 2 } }, Layout, Options, ProtocolRules.Safe);
        Install();
        Ready(Three);
        var first = Assert.Single(Seal(One, 1, 0).OfType<StepDecided>()).Decision;
        Recorded(2);
        Adopt(One, 2, new ReplicaReport(Partition, 1, false, first));
        Adopt(Two, 2, new ReplicaReport(Partition, 1, false, first));
        Assert.Empty(Decided(Seal(One, 2, 1, last: first)));
        Evaluate(One, 1, 0, first.Digest);
        Assert.Equal(1, Coordinator.Step);
        Assert.Equal((Two, LossCause.Hung), Lost(AfterTheDeadline(Parameters(One), Parameters(Three))));
    }

    [Fact]
    public void EvaluationAfterTheLastStepHasADeadlineToo()
    {
        var last = TrainToTheEnd();
        Assert.Equal(Spec.Steps, Coordinator.Step);
        Assert.NotNull(last);

        // Primaries miss the lanes of a step that does not exist; node 1 owns the one batch.
        Assert.Equal((One, LossCause.Hung), Lost(AfterTheDeadline(Lanes(One, Two))));
    }

    [Fact]
    public void ExportThatNeverComesBlamesTheExporter()
    {
        var last = TrainToTheEnd();
        Evaluate(One, Spec.Steps, 0, last.Digest);
        Assert.Contains(Seal(One, 1, Spec.Steps, last: last), effect => effect is SendToNode { Message: ExportWeights } send && send.To == One);
        Assert.Equal((One, LossCause.Hung), Lost(AfterTheDeadline()));
        Recorded(2);
        var again = Adopt(Two, 2, new ReplicaReport(Partition, Spec.Steps, false, last)).Concat(Seal(Two, 2, Spec.Steps, last: last)).Concat(Wait(2, Two));
        Assert.Contains(again, effect => effect is SendToNode { Message: ExportWeights } send && send.To == Two);
    }

    [Fact]
    public void AProofOfTheLastParametersThatNeverComesBlamesThePrimary()
    {
        var last = TrainToTheEnd();
        Evaluate(One, Spec.Steps, 0, last.Digest);
        Assert.Equal((One, LossCause.Hung), Lost(AfterTheDeadline()));
    }

    // Node 1 has ended; node 3 is there as worker, and joiner of the only partition.
    private void OnlyTwoHasACopy()
    {
        Install();
        Ready(Three);
        End(One);
        Recorded(2);
        Adopt(Two, 2);
        Assert.True(Coordinator.IsInstalled);
        Assert.Equal([Two, Three], Coordinator.View!.Workers);
    }

    private Decision TrainToTheEnd()
    {
        Install();
        Decision? last = null;
        for (var step = 0; step < Spec.Steps; step++)
        {
            last = Decided(Seal(One, 1, step, last: last)).Select(send => ((Decide)send.Message).Decision).First();
        }

        return last!;
    }

    // The nodes that are alive go on saying so until the step is past its deadline; then these answer, and time passes.
    private List<Effect> AfterTheDeadline(params (NodeId From, WaitsFor Waits)[] answers)
    {
        NodeId[] heard = [.. new[] { One, Two, Three }.Where(node => Coordinator.StandingOf(node) == NodeStanding.Alive)];
        while (!Wait(0.1, heard).Exists(effect => effect is SendToNode { Message: SayWhatYouWaitFor }))
        {
            Assert.True(Now < TimeSpan.FromHours(1), "nobody was asked");
        }

        foreach (var (from, waits) in answers)
        {
            Do(outbox => Coordinator.HandleMessage(from, waits, Now, outbox));
        }

        var effects = new List<Effect>();
        for (var until = Now + (2 * Options.Pace.AnswerWithin); Now < until && !effects.Exists(effect => effect is MemberLost);)
        {
            effects.AddRange(Wait(0.1, heard));
        }

        return effects;
    }

    private (NodeId From, WaitsFor Waits) Lanes(NodeId from, NodeId owner) => (from, new WaitsFor(
        Coordinator.View!.Generation, [.. Coordinator.View.LanesOf(owner).Select(TreeNode.Leaf)], [], []));

    private (NodeId From, WaitsFor Waits) Parameters(NodeId from) => (from, new WaitsFor(Coordinator.View!.Generation, [], [], [Partition]));

    private List<Effect> InSync(long generation, NodeId joiner) =>
        Do(outbox => Coordinator.HandleMessage(Two, new JoinerInSync(new(generation), Partition, joiner), Now, outbox));

    private List<Effect> Evaluate(NodeId node, long version, int batch, DecisionDigest previous) => Do(outbox =>
        Coordinator.HandleMessage(node, new BatchEvaluated(new StepKey(ReplicaBench.Lineage, version, previous), batch, 2), Now, outbox));

    private static (NodeId Node, LossCause Cause) Lost(List<Effect> effects) => effects.OfType<MemberLost>().Select(lost => (lost.Node, lost.Cause)).Single();
}
