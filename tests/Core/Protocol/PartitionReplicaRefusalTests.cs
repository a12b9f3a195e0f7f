using AtomGrains.Core.Lanes;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;
using static AtomGrains.Core.Tests.Protocol.ReplicaBench;

namespace AtomGrains.Core.Tests.Protocol;

/// <summary>Every phase of a replica against everything that it may refuse.</summary>
public class PartitionReplicaRefusalTests
{
    private static readonly Decision First = Commit(0);
    private static readonly Lineage OtherLineage = new(new Generation(7));
    private static readonly TreeNode Root = new(1, 0);

    // All phases are of generation 2 and at step 1, so that there are older and newer ones of both.
    private static readonly Dictionary<string, Func<ReplicaBench>> Phases = new()
    {
        ["primary that collects"] = () => At1(Primary),
        ["primary that waits for the backup"] = () => Reduced(At1(Primary)),
        ["primary that has sealed"] = () => Sealed(At1(Primary)),
        ["backup that waits"] = () => At1(Backup),
        ["backup that holds the reduced slice"] = () => Held(At1(Backup)),
        ["joiner"] = () => new ReplicaBench(Joiner, ViewOf(2, Primary, Backup, Joiner)),
    };

    private static readonly Dictionary<string, (NodeId From, TensorMessage Message, Refusal Reason, string Refusing)> Events = new()
    {
        ["push of an old generation"] = (Worker, Whole(Key(1, First), 1), Refusal.Stale, ""),
        ["pull of an old generation"] = (Worker, new Pull(Partition, new Generation(1), ReplicaBench.Lineage, 1), Refusal.Stale, ""),
        ["reduced slice of an old generation"] = (Primary, SliceOf(Key(1, First), 1), Refusal.Stale, ""),
        ["fill request of an old generation"] = (Joiner, new FillWanted(Partition, new Generation(1), null, false, [0]), Refusal.Stale, ""),
        ["block of an old generation"] = (Primary, new FillBlock(Partition, new Generation(1), Key(1, First), First, 0, new float[12]), Refusal.Stale, ""),
        ["acknowledgement of an old generation"] = (Backup, new ReducedHeld(Partition, new Generation(1), Key(1, First), default), Refusal.Stale, ""),
        ["push of an early step"] = (Worker, Whole(Key(2, First), 2), Refusal.Early, "primary"),
        ["push of a decided step"] = (Worker, Whole(Key(0), 2), Refusal.Decided, "primary"),
        ["push of another lineage"] = (Worker, Whole(new StepKey(OtherLineage, 1, First.Digest), 2), Refusal.OtherHistory, "primary"),
        ["push of another history"] = (Worker, Whole(Key(1, Commit(0) with { Loss = 2 }), 2), Refusal.OtherHistory, "primary"),
        ["pull of another lineage"] = (Worker, new Pull(Partition, new Generation(2), OtherLineage, 1), Refusal.OtherHistory, "primary"),
        ["fill request of a node that does not join"] = (Worker, new FillWanted(Partition, new Generation(2), null, false, [0]), Refusal.NotPrimary, "primary"),
        ["reduced slice from a backup"] = (Backup, SliceOf(Key(1, First), 2), Refusal.NotPrimary, ""),
        ["reduced slice of another lineage"] = (Primary, SliceOf(new StepKey(OtherLineage, 1, First.Digest), 2), Refusal.OtherHistory, "backup joiner"),
        ["reduced slice of another history"] = (Primary, SliceOf(Key(1, Commit(0) with { Loss = 2 }), 2), Refusal.OtherHistory, "backup"),
        ["push to a follower"] = (Worker, Whole(Key(1, First), 2), Refusal.NotPrimary, "backup joiner"),
        ["pull from a follower"] = (Worker, new Pull(Partition, new Generation(2), ReplicaBench.Lineage, 1), Refusal.NotPrimary, "backup joiner"),
        ["fill request to a follower"] = (Joiner, new FillWanted(Partition, new Generation(2), null, false, [0]), Refusal.NotPrimary, "backup joiner"),
    };

    public static TheoryData<string, string> Table()
    {
        var table = new TheoryData<string, string>();
        foreach (var phase in Phases.Keys)
        {
            foreach (var (name, @case) in Events)
            {
                if (@case.Refusing.Length == 0 || @case.Refusing.Split(' ').Any(role => phase.StartsWith(role, StringComparison.Ordinal)))
                {
                    table.Add(phase, name);
                }
            }
        }

        return table;
    }

    [Theory]
    [MemberData(nameof(Table))]
    public void RefusalIsAnsweredWithItsReasonCountedAndChangesNothing(string phase, string name)
    {
        var bench = Phases[phase]();
        var (from, message, reason, _) = Events[name];
        var (before, counters) = (StateOf(bench), bench.Tally.Snapshot());
        var answer = Sent<Refused>(bench.Handle(from, message));
        Assert.Equal((reason, new Generation(2)), (answer!.Reason, answer.Generation));
        Assert.Equal(before, StateOf(bench));
        Assert.Equal(Refusals(counters) + 1, Refusals(bench.Tally.Snapshot()));
    }

    [Fact]
    public void DecisionOfAnotherStepOrLineageChangesNothingInAnyPhase()
    {
        Decision[] others = [First, Commit(2, First), Commit(1, First) with { Lineage = OtherLineage }];
        foreach (var (phase, make) in Phases)
        {
            foreach (var other in others)
            {
                var bench = make();
                var before = StateOf(bench);
                bench.Decide(other);
                Assert.True(before == StateOf(bench), phase);
            }
        }
    }

    [Fact]
    public void DecisionOfAnotherHistoryStopsTheRun() =>
        Assert.Throws<ProtocolViolationException>(() => Held(At1(Backup)).Decide(Commit(1, First with { Loss = 2 })));

    [Fact]
    public void CommitWithoutTheReducedSliceStopsTheRun() =>
        Assert.Throws<ProtocolViolationException>(() => At1(Backup).Decide(Commit(1, First)));

    [Fact]
    public void MessageThatIsNotForAPartitionStopsTheRun() =>
        Assert.Throws<ProtocolViolationException>(() => At1(Primary).Handle(Worker, new Want(Partition, new Generation(2), Key(1, First), [Root])));

    // A replica that has passed step 0 in generation 1 and adopted generation 2.
    private static ReplicaBench At1(NodeId self)
    {
        var bench = new ReplicaBench(self, ViewOf(1, Primary, Backup));
        if (self == Primary)
        {
            bench.Handle(Worker, Whole(Key(0)));
        }
        else
        {
            bench.Handle(Primary, SliceOf(Key(0), 1));
        }

        bench.Decide(First);
        bench.Adopt(ViewOf(2, Primary, Backup, Joiner));
        return bench;
    }

    private static ReplicaBench Reduced(ReplicaBench bench)
    {
        bench.Handle(Worker, Whole(Key(1, First), 2));
        return bench;
    }

    private static ReplicaBench Sealed(ReplicaBench bench)
    {
        Reduced(bench);
        bench.Handle(Backup, bench.Acknowledge(2));
        bench.Handle(Joiner, bench.Acknowledge(2));
        Assert.NotNull(bench.Replica.Seal);
        return bench;
    }

    private static ReplicaBench Held(ReplicaBench bench)
    {
        bench.Handle(Primary, SliceOf(Key(1, First), 2));
        return bench;
    }

    private static Reduced SliceOf(StepKey key, long generation) => new(Partition, new Generation(generation), key, 1, new float[Elements]);

    private static (long?, bool, bool, string, string) StateOf(ReplicaBench bench) => (
        bench.Replica.State.Version, bench.Replica.State.Reduced is not null, bench.Replica.Seal is not null,
        string.Join(' ', bench.Replica.MissingLanes), string.Join(' ', bench.Replica.Awaited));

    private static long Refusals(NodeCounters counters) =>
        counters.StaleGenerationRejected + counters.EarlyRejected + counters.LateRejected + counters.OtherHistoryRejected;
}
