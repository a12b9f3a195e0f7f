using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;
using static AtomGrains.Core.Tests.Protocol.ReplicaBench;

namespace AtomGrains.Core.Tests.Protocol.Coordination;

/// <summary>How a node that was asked to end gets rid of its copies, with and without another one to take them.</summary>
public class LeavingNodeTests : CoordinatorBench
{
    private static readonly double Kept = Options.LetGoAfter.TotalSeconds;

    [Fact]
    public void ACopyThatNobodyIsThereToTakeIsKeptForMostOfTheNoticeAndThenItsNodeIsLetGo()
    {
        TwoLeavesAndHasNoLanes();
        Assert.Empty(Wait(Kept - Now.TotalSeconds - 1, One, Two).OfType<RecordView>());
        var view = Assert.Single(Wait(2, One, Two).OfType<RecordView>()).View;
        Assert.Equal(new PartitionPlacement(One), view.Partitions[0]);
        Recorded(3);
        Assert.Equal([(Two, DismissReason.HandedOver)], Dismissed(Adopt(One, 3)));
        Assert.Empty(Wait(Kept, One).OfType<RecordView>());
    }

    [Fact]
    public void ACopyThatSomebodyTakesIsKeptUntilItIsTaken()
    {
        TwoLeavesAndHasNoLanes();
        Ready(Three);
        var effects = Seal(One, 2, 0);
        var last = Assert.Single(effects.OfType<StepDecided>()).Decision;
        Assert.Equal(new PartitionPlacement(One, Two, Three), Assert.Single(effects.OfType<RecordView>()).View.Partitions[0]);
        Recorded(3);
        Adopt(One, 3, new ReplicaReport(Partition, 1, false, last));
        Adopt(Two, 3, new ReplicaReport(Partition, 1, false, last));
        Assert.True(Coordinator.IsInstalled);
        Assert.Empty(Wait(2 * Kept, One, Two, Three).OfType<RecordView>());

        effects = Do(outbox => Coordinator.HandleMessage(One, new JoinerInSync(new(3), Partition, Three), Now, outbox));
        Assert.Equal(new PartitionPlacement(One, Three), Assert.Single(effects.OfType<RecordView>()).View.Partitions[0]);
    }

    [Fact]
    public void ADecisionBehindWhichAViewComesSaysSo()
    {
        Install();
        Assert.Equal([false, false], ViewFollows(Seal(One, 1, 0)));
        Ready(Three);
        Do(outbox => Coordinator.OnScale(3, Now, outbox));
        Assert.Single(Seal(One, 1, 1, last: DecisionOf(0)).OfType<RecordView>());
        Assert.Equal([true, true], ViewFollows(Recorded(2)));

        static IEnumerable<bool> ViewFollows(List<Effect> effects) => effects.OfType<SendToNode>().Select(send => send.Message).OfType<Decide>().Select(decide => decide.ViewFollows);
    }

    [Fact]
    public void TheOnlyCopyIsKeptHoweverLateItIs()
    {
        TwoLeavesAndHasNoLanes();
        End(One);
        Recorded(3);
        Adopt(Two, 3);
        Assert.Empty(Dismissed(Wait(2 * Kept, Two)));
        var view = Assert.Single(Ready(Three).OfType<RecordView>()).View;
        Assert.Equal([Three], view.Workers);
        Assert.Equal(new PartitionPlacement(Two, null, Three), view.Partitions[0]);
        Recorded(4);
        Assert.Empty(Dismissed(Adopt(Two, 4)));
        Assert.Empty(Dismissed(Wait(2 * Kept, Two, Three)));
    }

    // Its lanes go to the other one within the step; of the copies, one would be left.
    private void TwoLeavesAndHasNoLanes()
    {
        Install();
        Do(outbox => Coordinator.HandleMessage(Two, new LeaveRequested(), Now, outbox));
        var view = Assert.Single(Wait(Options.HandOverAfter.TotalSeconds + 1, One, Two).OfType<RecordView>()).View;
        Assert.Equal([One], view.Workers);
        Assert.Equal(new PartitionPlacement(One, Two), view.Partitions[0]);
        Recorded(2);
        Assert.Empty(Dismissed(Adopt(One, 2).Concat(Adopt(Two, 2))));
        Assert.True(Coordinator.IsInstalled);
    }

    private static IEnumerable<(NodeId, DismissReason)> Dismissed(IEnumerable<Effect> effects) =>
        effects.OfType<SendToNode>().Where(send => send.Message is Dismiss).Select(send => (send.To, ((Dismiss)send.Message).Reason));
}
