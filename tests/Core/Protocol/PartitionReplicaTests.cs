using AtomGrains.Core.Lanes;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;
using static AtomGrains.Core.Tests.Protocol.ReplicaBench;

namespace AtomGrains.Core.Tests.Protocol;

public class PartitionReplicaTests
{
    [Fact]
    public void PrimarySealsOnlyWhenBackupAndJoinerHaveAcknowledged()
    {
        var bench = new ReplicaBench(Primary, ViewOf(1, Primary, Backup, Joiner));
        var sent = bench.Handle(Worker, Whole(Key(0)));
        Assert.Equal([Backup, Joiner], sent.OfType<SendToNode>().Where(send => send.Message is Reduced).Select(send => send.To));
        Assert.Null(bench.Replica.Seal);
        bench.Handle(Backup, bench.Acknowledge(1));
        Assert.Null(bench.Replica.Seal);
        Assert.Equal([Joiner], bench.Replica.Awaited);
        bench.Handle(Joiner, bench.Acknowledge(1));
        Assert.Equal(0, bench.Replica.Seal!.Step);
    }

    [Fact]
    public void PrimaryWithoutFollowersSealsAtOnce()
    {
        var bench = new ReplicaBench(Primary, ViewOf(1, Primary));
        bench.Handle(Worker, Whole(Key(0)));
        Assert.NotNull(bench.Replica.Seal);
    }

    [Fact]
    public void AcknowledgementOfOtherBitsIsCountedAndAnsweredWithTheSlice()
    {
        var bench = new ReplicaBench(Primary, ViewOf(1, Primary, Backup));
        bench.Handle(Worker, Whole(Key(0)));
        var again = bench.Handle(Backup, bench.Acknowledge(1) with { Digest = default });
        Assert.NotNull(Sent<Reduced>(again));
        Assert.Null(bench.Replica.Seal);
        Assert.Equal(1, bench.Tally.ReplicaMismatches);
    }

    [Fact]
    public void SealAndAcknowledgementsDoNotCrossGenerations()
    {
        var bench = new ReplicaBench(Primary, ViewOf(1, Primary, Backup));
        bench.Handle(Worker, Whole(Key(0)));
        bench.Handle(Backup, bench.Acknowledge(1));
        Assert.NotNull(bench.Replica.Seal);
        var sent = bench.Adopt(ViewOf(2, Primary, Backup));
        Assert.Null(bench.Replica.Seal);
        Assert.Equal(new Generation(2), Sent<Reduced>(sent)!.Generation);
    }

    [Fact]
    public void LanesThatWereAcceptedStayValidInLaterGenerations()
    {
        var bench = new ReplicaBench(Primary, ViewOf(1, Primary));
        bench.Handle(Worker, PushOf(TreeNode.Leaf(0), Key(0)));
        bench.Adopt(ViewOf(2, Primary));
        Assert.Equal([TreeNode.Leaf(1)], bench.Replica.MissingLanes);
        bench.Handle(Worker, PushOf(TreeNode.Leaf(1), Key(0), 2));
        Assert.NotNull(bench.Replica.Seal);
    }

    [Fact]
    public void NewLineageDropsLanesAndParameters()
    {
        var bench = new ReplicaBench(Primary, ViewOf(1, Primary));
        bench.Handle(Worker, Whole(Key(0)));
        bench.Decide(Commit(0));
        bench.Adopt(ViewOf(5, Primary, lineage: new Lineage(new Generation(5))));
        Assert.Equal((0L, new Lineage(new Generation(5))), (bench.Replica.State.Version, bench.Replica.State.Lineage));
        Assert.Null(bench.Replica.State.Last);
        Assert.All([.. bench.Replica.State.Values, .. bench.Replica.State.FirstMoment, .. bench.Replica.State.SecondMoment], value => Assert.Equal(0, value));
    }

    [Fact]
    public void DuplicateLanesAreDroppedAndCounted()
    {
        var bench = new ReplicaBench(Primary, ViewOf(1, Primary, Backup));
        bench.Handle(Worker, PushOf(TreeNode.Leaf(0), Key(0)));
        bench.Handle(Worker, PushOf(TreeNode.Leaf(0), Key(0)));
        Assert.Equal(1, bench.Tally.DuplicatePushes);
        bench.Handle(Worker, Whole(Key(0)));
        Assert.Equal(2, bench.Tally.DuplicatePushes);
        bench.Handle(Worker, Whole(Key(0)));
        Assert.Equal(3, bench.Tally.DuplicatePushes);
    }

    [Fact]
    public void PullAheadIsAnsweredWhenTheDecisionIsApplied()
    {
        var bench = new ReplicaBench(Primary, ViewOf(1, Primary));
        Assert.Empty(bench.Handle(Worker, new Pull(Partition, new Generation(1), ReplicaBench.Lineage, 1)));
        bench.Handle(Worker, Whole(Key(0)));
        var slice = Sent<ParameterSlice>(bench.Decide(Commit(0)));
        Assert.Equal(Key(1, Commit(0)), slice!.Key);
        Assert.All(slice.Slice.ToArray(), value => Assert.True(value < 0));
    }

    // What it would send is of the old view and refused, and each worker asks again under the new one.
    [Fact]
    public void PullAheadOfADecisionBehindWhichAViewComesIsAnsweredUnderThatView()
    {
        var bench = new ReplicaBench(Primary, ViewOf(1, Primary));
        bench.Handle(Worker, new Pull(Partition, new Generation(1), ReplicaBench.Lineage, 1));
        bench.Handle(Worker, Whole(Key(0)));
        Assert.Null(Sent<ParameterSlice>(bench.Decide(Commit(0), viewFollows: true)));
        Assert.Null(Sent<ParameterSlice>(bench.Adopt(ViewOf(2, Primary))));
        Assert.Equal(new Generation(2), Sent<ParameterSlice>(bench.Handle(Worker, new Pull(Partition, new Generation(2), ReplicaBench.Lineage, 1)))!.Generation);
    }

    // The view may be lost on the way: whoever asks again is answered.
    [Fact]
    public void PullUnderTheOldViewAfterADecisionBehindWhichAViewComesIsAnswered()
    {
        var bench = new ReplicaBench(Primary, ViewOf(1, Primary));
        bench.Handle(Worker, Whole(Key(0)));
        bench.Decide(Commit(0), viewFollows: true);
        Assert.NotNull(Sent<ParameterSlice>(bench.Handle(Worker, new Pull(Partition, new Generation(1), ReplicaBench.Lineage, 1))));
    }

    [Fact]
    public void PrimaryAndBackupHaveTheSameBitsAfterEachDecision()
    {
        var primary = new ReplicaBench(Primary, ViewOf(1, Primary, Backup));
        var backup = new ReplicaBench(Backup, ViewOf(1, Primary, Backup));
        Decision? last = null;
        for (var step = 0; step < 4; step++)
        {
            var reduced = Sent<Reduced>(primary.Handle(Worker, Whole(Key(step, last))))!;
            primary.Handle(Backup, Sent<ReducedHeld>(backup.Handle(Primary, reduced))!);
            last = Commit(step, last);
            primary.Decide(last);
            backup.Decide(last);
            Assert.Equal(primary.Replica.State.Values, backup.Replica.State.Values);
            Assert.Equal(primary.Replica.State.SecondMoment, backup.Replica.State.SecondMoment);
            Assert.Equal(last, backup.Replica.Report().Last);
        }
    }

    [Fact]
    public void SkippedStepPassesWithoutAnUpdate()
    {
        var bench = new ReplicaBench(Primary, ViewOf(1, Primary));
        bench.Handle(Worker, Whole(Key(0)));
        bench.Decide(Commit(0) with { Kind = DecisionKind.Skip });
        Assert.Equal(1, bench.Replica.State.Version);
        Assert.All(bench.Replica.State.Values, value => Assert.Equal(0, value));
        Assert.Null(bench.Replica.State.Reduced);
    }

    [Fact]
    public void SliceThatComesBeforeTheDecisionIsTakenAfterIt()
    {
        var bench = new ReplicaBench(Backup, ViewOf(1, Primary, Backup));
        bench.Handle(Primary, new Reduced(Partition, new Generation(1), Key(0), 1, new float[Elements]));
        Assert.Empty(bench.Handle(Primary, new Reduced(Partition, new Generation(1), Key(1, Commit(0)), 1, new float[Elements])));
        Assert.Equal(Key(1, Commit(0)), Sent<ReducedHeld>(bench.Decide(Commit(0)))!.Key);
    }

    [Fact]
    public void SilenceRepeatsTheSliceToWhomItWaitsForAndTheWantToTheOwners()
    {
        var bench = new ReplicaBench(Primary, ViewOf(1, Primary, Backup));
        Assert.Equal([new TreeNode(1, 0)], Sent<Want>(bench.Tick())!.Nodes);
        bench.Handle(Worker, Whole(Key(0)));
        Assert.NotNull(Sent<Reduced>(bench.Tick()));
        bench.Handle(Backup, bench.Acknowledge(1));
        Assert.Empty(bench.Tick());
    }

    [Fact]
    public void JoinerIsFilledBlockByBlockAndThenReportedOnce()
    {
        var view = ViewOf(2, Primary, Backup, Joiner);
        var primary = new ReplicaBench(Primary, ViewOf(1, Primary, Backup));
        primary.Handle(Worker, Whole(Key(0)));
        primary.Decide(Commit(0));
        primary.Adopt(view);
        var joiner = new ReplicaBench(Joiner, view);
        Assert.Equal(2, Fill(primary, joiner));
        Assert.Equal(primary.Replica.State.Values, joiner.Replica.State.Values);
        Assert.Equal(primary.Replica.State.FirstMoment, joiner.Replica.State.FirstMoment);
        var complete = Sent<FillWanted>(joiner.Tick())!;
        Assert.Equal(new JoinerInSync(new Generation(2), Partition, Joiner), Sent<JoinerInSync>(primary.Handle(Joiner, complete)));
        Assert.Null(Sent<JoinerInSync>(primary.Handle(Joiner, complete)));
    }

    [Fact]
    public void JoinerWithoutTheReducedSliceIsNotInSync()
    {
        var view = ViewOf(1, Primary, Backup, Joiner);
        var primary = new ReplicaBench(Primary, view);
        var joiner = new ReplicaBench(Joiner, view);
        var reduced = Sent<Reduced>([.. primary.Handle(Worker, Whole(Key(0))).OfType<SendToNode>().Where(send => send.To == Joiner)])!;
        Fill(primary, joiner);
        Assert.Null(Sent<JoinerInSync>(primary.Handle(Joiner, Sent<FillWanted>(joiner.Tick())!)));
        joiner.Handle(Primary, reduced);
        Assert.NotNull(Sent<JoinerInSync>(primary.Handle(Joiner, Sent<FillWanted>(joiner.Tick())!)));
    }

    [Fact]
    public void BlockOfALaterVersionLeavesACompleteJoinerComplete()
    {
        var view = ViewOf(1, Primary, Backup, Joiner);
        var primary = new ReplicaBench(Primary, view);
        var joiner = new ReplicaBench(Joiner, view);
        Fill(primary, joiner);
        primary.Handle(Worker, Whole(Key(0)));
        primary.Decide(Commit(0));
        var late = Sent<FillBlock>(primary.Handle(Joiner, new FillWanted(Partition, new Generation(1), null, false, [1])))!;
        joiner.Handle(Primary, late);
        Assert.True(joiner.Replica.State.IsComplete);
        Assert.Equal(0, joiner.Replica.State.Version);
    }

    [Fact]
    public void JoinerThatMissedASliceStartsOver()
    {
        var view = ViewOf(1, Primary, Backup, Joiner);
        var primary = new ReplicaBench(Primary, view);
        var joiner = new ReplicaBench(Joiner, view);
        Fill(primary, joiner);
        var sent = joiner.Decide(Commit(0));
        Assert.Null(joiner.Replica.State.Version);
        Assert.Equal([0, 1], Sent<FillWanted>(sent)!.Blocks);
    }

    [Fact]
    public void UnfilledJoinerThatIsRecordedAsBackupStopsTheRun()
    {
        var joiner = new ReplicaBench(Joiner, ViewOf(1, Primary, Backup, Joiner));
        Assert.Throws<ProtocolViolationException>(() => joiner.Adopt(ViewOf(2, Primary, Joiner)));
    }

    // Carries questions and blocks to and fro until the joiner asks for no more; returns the number of blocks.
    private static int Fill(ReplicaBench primary, ReplicaBench joiner)
    {
        var blocks = 0;
        for (var wanted = Sent<FillWanted>(joiner.Tick())!; wanted.Blocks.Count > 0; wanted = Sent<FillWanted>(joiner.Tick())!)
        {
            foreach (var block in primary.Handle(Joiner, wanted).OfType<SendToNode>().Select(send => send.Message).OfType<FillBlock>())
            {
                joiner.Handle(Primary, block);
                blocks++;
            }
        }

        return blocks;
    }
}
