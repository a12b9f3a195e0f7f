using AtomGrains.Core.Lanes;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;
using static AtomGrains.Core.Tests.Protocol.ReplicaBench;

namespace AtomGrains.Core.Tests.Protocol;

public class WorkerTests
{
    private readonly Outbox _outbox = new();
    private readonly NodeTally _tally = new();
    private readonly FloatPool _pool = new();
    private readonly Core.Protocol.Workers.Worker _worker;

    public WorkerTests() => _worker = new(Worker, Spec with { Lanes = 4 }, Layout, _pool, _tally);

    [Fact]
    public void WorkerPullsItsFirstParametersFromEachPrimary()
    {
        var sent = Do(outbox => _worker.Adopt(ViewOf(1, Primary, Backup), outbox));
        Assert.Equal((Primary, 0L), (sent.OfType<SendToNode>().Single().To, Sent<Pull>(sent)!.AtLeast));
    }

    [Fact]
    public void ParametersAreLoadedAndTheOwnLanesComputed()
    {
        var effects = Begin();
        Assert.Equal(Key(0), Assert.Single(effects.OfType<LoadParameters>()).Key);
        Assert.Equal([0, 1], Assert.Single(effects.OfType<ComputeLanes>()).Lanes);
    }

    [Fact]
    public void WholeSubtreeIsPushedOnceWhenItsLastLaneIsThere()
    {
        Begin();
        Assert.Null(Sent<Push>(Lane(0)));
        var push = Sent<Push>(Lane(1))!;
        Assert.Equal((new TreeNode(1, 0), Key(0)), (push.Node, push.Key));
        Assert.All(push.Slice.ToArray(), value => Assert.Equal(3, value));
        Assert.Equal(1, push.Loss);
    }

    [Fact]
    public void NewViewOffersTheBuffersAgainUnderItsGeneration()
    {
        Begin();
        Lane(0);
        Lane(1);
        var sent = Do(outbox => _worker.Adopt(ViewOf(2, Backup), outbox));
        Assert.Equal((new Generation(2), Key(0)), (Sent<Push>(sent)!.Generation, Sent<Push>(sent)!.Key));
        Assert.All(sent.OfType<SendToNode>(), send => Assert.Equal(Backup, send.To));
    }

    [Fact]
    public void LaneThatBecomesOursDuringAStepIsComputedAndCountedAsRecomputed()
    {
        var half = ViewOf(1, Primary) with { LaneOwners = [Worker, Backup] };
        Begin(half);
        Lane(0);
        var effects = Do(outbox => _worker.Adopt(ViewOf(2, Primary), outbox));
        Assert.Equal([1], Assert.Single(effects.OfType<ComputeLanes>()).Lanes);
        Lane(1);
        Assert.Equal((2, 1), (_tally.LanesComputed, _tally.LanesRecomputed));
    }

    [Fact]
    public void IdleWorkerAsksAnotherForALane()
    {
        Begin(Shared);
        var asked = Assert.Single(Lane(0).OfType<SendToNode>(), send => send.Message is LaneAsked);
        Assert.Equal((Backup, Key(0)), (asked.To, ((LaneAsked)asked.Message).Key));
    }

    [Fact]
    public void WorkerWithLanesToComputeAsksNobody()
    {
        Begin(ViewOf(1, Primary) with { LaneOwners = [Worker, Worker, Backup, Backup] });
        Assert.Null(Sent<LaneAsked>(Lane(0)));
    }

    [Fact]
    public void LaneNotBegunIsHandedOverAndTheRestPushedWithoutIt()
    {
        Begin(Even);
        var effects = Handle(new LaneAsked(new(1), Key(0)), Backup);
        Assert.Equal([1], Sent<LanesHandedOver>(effects)!.Lanes);
        Assert.Equal([0], Assert.Single(effects.OfType<ComputeLanes>()).Lanes);
        Assert.Equal(TreeNode.Leaf(0), Sent<Push>(Lane(0))!.Node);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void LaneThatMayHaveBegunOrIsOfAnotherStepIsNotHandedOver(bool otherStep)
    {
        Begin(Even);
        if (!otherStep)
        {
            Lane(0);
        }

        var effects = Handle(new LaneAsked(new(1), otherStep ? Key(1, Commit(0)) : Key(0)), Backup);
        Assert.Empty(Sent<LanesHandedOver>(effects)!.Lanes);
        Assert.Empty(effects.OfType<ComputeLanes>());
    }

    [Fact]
    public void WhoIsNoWorkerOfTheViewIsHandedNothing()
    {
        Begin(Even);
        Assert.Empty(Sent<LanesHandedOver>(Handle(new LaneAsked(new(1), Key(0)), Joiner))!.Lanes);
    }

    [Fact]
    public void LaneTakenFromAnotherIsComputedPushedAndCounted()
    {
        Begin(Shared);
        Lane(0);
        Assert.Equal([1], Assert.Single(Handle(new LanesHandedOver(new(1), Key(0), [1]), Backup).OfType<ComputeLanes>()).Lanes);
        Assert.Equal(TreeNode.Leaf(1), Sent<Push>(Lane(1))!.Node);
        Assert.Equal((2, 0, 1), (_tally.LanesComputed, _tally.LanesRecomputed, _tally.LanesTaken));
    }

    [Fact]
    public void WhoHasGivenIsAskedAgainAndWhoHasNotIsNot()
    {
        Begin(Shared);
        Lane(0);
        Handle(new LanesHandedOver(new(1), Key(0), [1]), Backup);
        Assert.NotNull(Sent<LaneAsked>(Lane(1)));
        Assert.Null(Sent<LaneAsked>(Handle(new LanesHandedOver(new(1), Key(0), []), Backup)));
    }

    [Fact]
    public void HandedOverLaneThatNeverComesIsComputedByItsOwnerAfterAll()
    {
        Begin(Even);
        Handle(new LaneAsked(new(1), Key(0)), Backup);
        var wanted = new Want(Partition, new(1), Key(0), [TreeNode.Leaf(1)]);
        Assert.Empty(Handle(wanted).OfType<ComputeLanes>()); // busy with lane 0
        Lane(0);
        Assert.Equal([1], Assert.Single(Handle(wanted).OfType<ComputeLanes>()).Lanes);
        Assert.Equal(TreeNode.Leaf(1), Sent<Push>(Lane(1))!.Node);
    }

    [Fact]
    public void LaneHandedToAWorkerThatIsLostIsComputedByItsOwner()
    {
        Begin(Even);
        Handle(new LaneAsked(new(1), Key(0)), Backup);
        var effects = Do(outbox => _worker.Adopt(ViewOf(2, Primary), outbox));
        Assert.Equal([0, 1], Assert.Single(effects.OfType<ComputeLanes>()).Lanes);
    }

    [Fact]
    public void LaneHandedToAWorkerThatStaysIsLeftToItInTheNextView()
    {
        Begin(Even);
        Handle(new LaneAsked(new(1), Key(0)), Backup);
        Assert.Empty(Do(outbox => _worker.Adopt(Even with { Generation = new(2) }, outbox)).OfType<ComputeLanes>());
    }

    [Fact]
    public void LaneThatHadBegunWhenItWasHandedOverIsPushedByBoth()
    {
        Begin(Even);
        Handle(new LaneAsked(new(1), Key(0)), Backup);
        Lane(0);
        Assert.Equal(TreeNode.Leaf(1), Sent<Push>(Lane(1))!.Node);
    }

    [Fact]
    public void NewLineageForgetsLanesAndParameters()
    {
        Begin();
        Lane(0);
        var effects = Do(outbox => _worker.Adopt(ViewOf(5, Primary, lineage: new Lineage(new Generation(5))), outbox));
        Assert.Null(_worker.Step);
        Assert.Single(effects.OfType<CancelCompute>());
        Assert.Equal(0, Sent<Pull>(effects)!.AtLeast);
        Assert.Null(Sent<Push>(effects));
    }

    [Fact]
    public void DecisionDropsTheStepAndALateLaneOfItIsNotPushed()
    {
        Begin();
        Lane(0);
        var effects = Do(outbox => _worker.OnDecided(Commit(0), outbox));
        Assert.Single(effects.OfType<CancelCompute>());
        Assert.Equal(1, Sent<Pull>(effects)!.AtLeast);
        Assert.Null(Sent<Push>(Lane(1)));
    }

    [Fact]
    public void DecisionOfAnEarlierStepChangesNothing()
    {
        Begin();
        Next(1);
        Assert.Empty(Do(outbox => _worker.OnDecided(Commit(0), outbox)));
        Assert.Equal(1, _worker.Step!.Value.Step);
    }

    [Fact]
    public void WantIsAnsweredWithWhatCoversIt()
    {
        Begin();
        Lane(0);
        Lane(1);
        Assert.Equal(new TreeNode(1, 0), Sent<Push>(Handle(new Want(Partition, new(1), Key(0), [TreeNode.Leaf(1)])))!.Node);
    }

    [Fact]
    public void WantOfAnotherStepOrOfADecidedOneIsNotAnswered()
    {
        Begin();
        Lane(0);
        Lane(1);
        Assert.Empty(Handle(new Want(Partition, new(1), Key(1, Commit(0)), [TreeNode.Leaf(1)])));
        Do(outbox => _worker.OnDecided(Commit(0), outbox));
        Assert.Empty(Handle(new Want(Partition, new(1), Key(0), [TreeNode.Leaf(1)])));
    }

    [Fact]
    public void AnswerOfAnOldGenerationIsRefusedAndCounted()
    {
        Do(outbox => _worker.Adopt(ViewOf(2, Primary), outbox));
        Assert.Empty(Handle(SliceAt(Key(0), 1)));
        Assert.Null(_worker.Step);
        Assert.Equal(1, _tally.Snapshot().LateRejected);
    }

    [Fact]
    public void OlderParametersThanTheStepAtHandAreNotTaken()
    {
        Begin();
        Next(1);
        Assert.Empty(Handle(SliceAt(Key(0), 1)));
        Assert.Equal(1, _worker.Step!.Value.Step);
    }

    [Theory]
    [InlineData(1, false, true)]
    [InlineData(0, true, true)]
    [InlineData(0, false, false)]
    public void WorkerReturnsToAStepThatItHasPassedOrDropped(long at, bool decided, bool returns)
    {
        Begin();
        if (at == 1)
        {
            Next(1);
        }

        if (decided)
        {
            Do(outbox => _worker.OnDecided(Commit(0), outbox));
        }

        var effects = Do(outbox => _worker.OnReturnToStep(new ReturnToStep(new(1), ReplicaBench.Lineage, 0), outbox));
        Assert.Equal(returns, Sent<Pull>(effects)?.AtLeast == 0);
        Assert.Equal(returns, _worker.Step is null);
    }

    [Fact]
    public void MessageThatIsNotForAWorkerStopsTheRun()
    {
        Begin();
        Assert.Throws<ProtocolViolationException>(() => Handle(Whole(Key(0))));
    }

    [Theory]
    [InlineData(float.NaN, 1, true)]
    [InlineData(float.NegativeInfinity, 1, true)]
    [InlineData(1, double.NaN, true)]
    [InlineData(float.MaxValue, double.MaxValue, false)]
    public void ALaneThatIsNotFiniteIsReportedWithItsPushAndAgainUnderANewView(float element, double loss, bool isReported)
    {
        Begin();
        Lane(0);
        var gradient = _pool.Rent(Elements);
        Array.Fill(gradient, 1);
        gradient[^1] = element;
        var effects = Do(outbox => _worker.OnLaneComputed(Key(0), 1, gradient, loss, outbox));
        Assert.Equal(isReported, Reports(effects).Count == 1);
        Assert.NotNull(Sent<Push>(effects));
        Assert.Equal(isReported ? [1] : [], Reports(Do(outbox => _worker.Adopt(ViewOf(2, Primary), outbox))).SelectMany(report => report.Lanes));
        Next(1);
        Assert.Empty(Reports(Do(outbox => _worker.Adopt(ViewOf(3, Primary), outbox))));
    }

    [Fact]
    public void ALaneThatHasEndedSomebodyIsComputedLastAndHandedToNobody()
    {
        var effects = Begin(ViewOf(1, Primary) with { LaneOwners = [Worker, Worker, Worker, Backup], Deaths = [new LaneDeath(0, 1, new NodeId(9)), new LaneDeath(7, 0, new NodeId(8))] });
        Assert.Equal([0, 2, 1], Assert.Single(effects.OfType<ComputeLanes>()).Lanes);
        Assert.Equal([2], Sent<LanesHandedOver>(Handle(new LaneAsked(new(1), Key(0)), Backup))!.Lanes);
        Assert.Empty(Sent<LanesHandedOver>(Handle(new LaneAsked(new(1), Key(0)), Backup))!.Lanes);
    }

    [Fact]
    public void ALaneThatIsHeldIsComputedOnceAViewGivesItOut()
    {
        var view = ViewOf(1, Primary) with { LaneOwners = [Worker, Worker], HeldLanes = [1] };
        Assert.Equal([0], Assert.Single(Begin(view).OfType<ComputeLanes>()).Lanes);
        var effects = Do(outbox => _worker.Adopt(ViewOf(2, Primary), outbox));
        Assert.Equal([0, 1], Assert.Single(effects.OfType<ComputeLanes>()).Lanes);
    }

    private static List<LanesNotFinite> Reports(List<Effect> effects) =>
        [.. effects.OfType<SendToCoordinator>().Select(report => report.Message).OfType<LanesNotFinite>()];

    // The worker under test beside another: one lane each, and two lanes each.
    private static View Shared => ViewOf(1, Primary) with { LaneOwners = [Worker, Backup] };

    private static View Even => ViewOf(1, Primary) with { LaneOwners = [Worker, Worker, Backup, Backup] };

    private List<Effect> Begin(View? view = null)
    {
        Do(outbox => _worker.Adopt(view ?? ViewOf(1, Primary), outbox));
        var effects = Handle(SliceAt(Key(0), 1));
        Do(outbox => _worker.OnParametersLoaded(Key(0), outbox));
        return effects;
    }

    private void Next(long step)
    {
        var last = Commit(step - 1);
        Do(outbox => _worker.OnDecided(last, outbox));
        Handle(SliceAt(Key(step, last), 1));
        Do(outbox => _worker.OnParametersLoaded(Key(step, last), outbox));
    }

    private List<Effect> Lane(int lane)
    {
        var gradient = _pool.Rent(Elements);
        Array.Fill(gradient, lane + 1);
        return Do(outbox => _worker.OnLaneComputed(Key(0), lane, gradient, lane, outbox));
    }

    private List<Effect> Handle(TensorMessage message, NodeId? from = null) => Do(outbox => _worker.Handle(from ?? Primary, message, outbox));

    private List<Effect> Do(Action<Outbox> act)
    {
        _outbox.Clear();
        act(_outbox);
        return [.. _outbox.Effects];
    }

    private static ParameterSlice SliceAt(StepKey key, long generation) => new(Partition, new Generation(generation), key, new float[Elements]);
}
