using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Core.Protocol.Nodes;
using static AtomGrains.Core.Tests.Protocol.ReplicaBench;

namespace AtomGrains.Core.Tests.Protocol;

public class NodeMachineTests
{
    private readonly Outbox _outbox = new();
    private readonly NodeMachine _node = new(new Member(Primary, 1, ""), Spec, ReplicaBench.Parameters, _ => new float[Elements], ProtocolRules.Safe);

    [Fact]
    public void MessageOfAViewThatIsOnItsWayIsKeptAndDelivered()
    {
        Control(new AdoptView(ViewOf(1, Primary)));
        Assert.Empty(Tensor(Whole(Key(0), generation: 2)));
        Assert.Equal(new Generation(1), Sent<ViewWanted>(Tick())!.Own);
        var effects = Control(new AdoptView(ViewOf(2, Primary)));
        Assert.Equal(new Generation(2), Sent<Sealed>(effects)!.Generation);
    }

    [Fact]
    public void MessageOfAViewThatIsOnItsWayAndFindsNoPlaceIsCounted()
    {
        Control(new AdoptView(ViewOf(1, Primary)));
        for (var i = 0; i < 1030; i++)
        {
            Tensor(new Pull(Partition, new Generation(2), ReplicaBench.Lineage, 0));
        }

        Assert.Equal(6, _node.Counters.EarlyRejected);
        Assert.NotNull(Sent<ViewWanted>(Tick()));
    }

    [Fact]
    public void OlderViewIsNotTaken()
    {
        Control(new AdoptView(ViewOf(3, Primary)));
        Assert.Empty(Control(new AdoptView(ViewOf(2, Backup))));
        Assert.Equal(new Generation(3), _node.Generation);
    }

    [Fact]
    public void SameViewAgainIsReportedAgainAndChangesNothing()
    {
        Control(new AdoptView(ViewOf(1, Primary)));
        Tensor(Whole(Key(0)));
        Assert.Equal(new Generation(1), Sent<Adopted>(Control(new AdoptView(ViewOf(1, Primary))))!.Generation);
        Assert.NotNull(_node.Replicas[Partition].Seal);
    }

    [Fact]
    public void DecisionOfAnotherGenerationIsNotAppliedAndCounted()
    {
        Control(new AdoptView(ViewOf(2, Primary)));
        Tensor(Whole(Key(0), generation: 2));
        Control(new Decide(new(1), Commit(0)));
        Control(new Decide(new(3), Commit(0)));
        Assert.Equal(0, _node.Replicas[Partition].State.Version);
        Assert.Equal(1, _node.Counters.StaleGenerationRejected);
        Control(new Decide(new(2), Commit(0)));
        Assert.Equal(1, _node.Replicas[Partition].State.Version);
    }

    [Fact]
    public void DecisionThatComesTwiceIsAppliedOnce()
    {
        Control(new AdoptView(ViewOf(1, Primary)));
        Tensor(Whole(Key(0)));
        Control(new Decide(new(1), Commit(0)));
        var values = _node.Replicas[Partition].State.Values.ToArray();
        Control(new Decide(new(1), Commit(0)));
        Assert.Equal(values, _node.Replicas[Partition].State.Values);
        Assert.Equal(1, _node.Replicas[Partition].State.Version);
    }

    [Fact]
    public void ReplicaThatAViewLeavesOutIsGoneAndItsMessagesAreRefused()
    {
        Control(new AdoptView(ViewOf(1, Primary)));
        Control(new AdoptView(ViewOf(2, Backup)));
        Assert.Empty(_node.Replicas);
        Assert.Equal(Refusal.Stale, Sent<Refused>(Tensor(Whole(Key(0), generation: 1)))!.Reason);
        Assert.Equal(Refusal.NotPrimary, Sent<Refused>(Tensor(Whole(Key(0), generation: 2)))!.Reason);
        Assert.Equal((1, 1), (_node.Counters.StaleGenerationRejected, _node.Counters.OtherHistoryRejected));
    }

    [Fact]
    public void ReplicaThatIsNamedAgainStartsFromNothing()
    {
        Control(new AdoptView(ViewOf(1, Backup, Primary)));
        Control(new AdoptView(ViewOf(2, Backup)));
        Control(new AdoptView(ViewOf(3, Backup, joiner: Primary)));
        Assert.Null(_node.Replicas[Partition].State.Version);
    }

    [Fact]
    public void RefusalByANewerViewMakesTheNodeAskForIt()
    {
        Control(new AdoptView(ViewOf(1, Primary)));
        Assert.Null(Sent<ViewWanted>(Tensor(new Refused(Partition, new(1), Refusal.Stale, 0))));
        Assert.NotNull(Sent<ViewWanted>(Tensor(new Refused(Partition, new(2), Refusal.Stale, 0))));
    }

    [Fact]
    public void DismissalOfAnOlderGenerationIsNotObeyed()
    {
        Control(new AdoptView(ViewOf(2, Primary)));
        Assert.Empty(Control(new Dismiss(new(1), DismissReason.Fenced)));
        Assert.Equal(DismissReason.NotNeeded, Assert.Single(Control(new Dismiss(new(2), DismissReason.NotNeeded)).OfType<EndNode>()).Reason);
    }

    [Fact]
    public void SealIsReportedOnceAndAgainAfterSilence()
    {
        Control(new AdoptView(ViewOf(1, Primary)));
        Assert.NotNull(Sent<Sealed>(Tensor(Whole(Key(0)))));
        Assert.Null(Sent<Sealed>(Tensor(Whole(Key(0)))));
        Assert.Contains(Enumerable.Range(0, 5), _ => Sent<Sealed>(Tick()) is not null);
    }

    [Fact]
    public void WishToLeaveIsRepeatedWithEveryHeartbeat()
    {
        Do(_node.OnLeaveRequested);
        Assert.NotNull(Sent<LeaveRequested>(Tick()));
        Assert.NotNull(Sent<LeaveRequested>(Tick()));
    }

    [Fact]
    public void AFillBeginsWhenTheNodesOwnWorkerHasItsParameters()
    {
        var node = JoinerThatComputes();
        Assert.NotNull(Sent<Pull>(Do(outbox => node.HandleControl(new AdoptView(ViewOf(1, Primary, Backup, joiner: Worker)), outbox))));
        Assert.DoesNotContain(_outbox.Effects, effect => effect is SendToNode { Message: FillWanted });
        Assert.Null(Sent<FillWanted>(Do(outbox => node.HandleTensor(Primary, new ParameterSlice(Partition, new(1), Key(0), new float[Elements]), outbox))));
        Assert.Equal([0, 1], Sent<FillWanted>(Do(outbox => node.OnParametersLoaded(Key(0), outbox)))!.Blocks);
    }

    [Fact]
    public void AFillDoesNotWaitForParametersThatDoNotCome()
    {
        var node = JoinerThatComputes();
        Do(outbox => node.HandleControl(new AdoptView(ViewOf(1, Primary, Backup, joiner: Worker)), outbox));
        Assert.Contains(Enumerable.Range(0, 5), _ => Sent<FillWanted>(Do(outbox => node.OnTick(TimeSpan.Zero, outbox))) is { Blocks.Count: 2 });
    }

    private static NodeMachine JoinerThatComputes() =>
        new(new Member(Worker, 4, ""), Spec, ReplicaBench.Parameters, _ => new float[Elements], ProtocolRules.Safe);

    private List<Effect> Control(ControlMessage message) => Do(outbox => _node.HandleControl(message, outbox));

    private List<Effect> Tensor(TensorMessage message) => Do(outbox => _node.HandleTensor(Worker, message, outbox));

    private List<Effect> Tick() => Do(outbox => _node.OnTick(TimeSpan.Zero, outbox));

    private List<Effect> Do(Action<Outbox> act)
    {
        _outbox.Clear();
        act(_outbox);
        return [.. _outbox.Effects];
    }
}
