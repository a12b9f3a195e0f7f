using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Coordination;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;
using static AtomGrains.Core.Tests.Protocol.ReplicaBench;

namespace AtomGrains.Core.Tests.Protocol.Coordination;

/// <summary>What the coordinator does with proofs: it tells of them in time, and trusts no replica that differs.</summary>
public sealed class ProvenStepTests : CoordinatorBench
{
    private static readonly Sha256[] Leaves = [Sha256.OfBlock([1, 2, 3, 4]), Sha256.OfBlock([5, 6])];

    [Fact]
    public void AVersionIsToldOnceAndBeforeTheStepOnItIsDecided()
    {
        Install();
        var effects = SealProven(step: 0);
        var proven = Assert.Single(effects.OfType<VersionProven>());
        Assert.Equal((0L, BlockTree.Root(Leaves)), (proven.Version, proven.Root));
        Assert.Equal(PartitionProof.Beginnings(Leaves), proven.Leaves);
        Assert.True(effects.IndexOf(proven) < effects.FindIndex(effect => effect is StepDecided));
        Assert.Empty(SealProven(step: 0).OfType<VersionProven>());
    }

    [Fact]
    public void WithoutProofsNothingIsTold()
    {
        Install();
        Assert.Empty(Seal(One, 1, 0).OfType<VersionProven>());
    }

    [Fact]
    public void TheRunIsNotOverBeforeItsLastVersionIsSealed()
    {
        Install();
        Decision? last = null;
        for (var step = 0L; step < Spec.Steps; step++)
        {
            last = Assert.Single(Seal(One, 1, step, last: last).OfType<StepDecided>()).Decision;
        }

        Do(outbox => Coordinator.HandleMessage(One, new BatchEvaluated(new StepKey(ReplicaBench.Lineage, Spec.Steps, last!.Digest), 0, 1), Now, outbox));
        Assert.Empty(Exports(Tick()));
        Assert.NotEmpty(Exports(Seal(One, 1, Spec.Steps, last: last)));

        static IEnumerable<SendToNode> Exports(List<Effect> effects) => effects.OfType<SendToNode>().Where(send => send.Message is ExportWeights);
    }

    [Fact]
    public void ReplicasThatDifferEndTheirHistoryAtOnce()
    {
        Install();
        var differ = new ReplicasDiffer(new Generation(1), Partition, Two, 0);
        var effects = Do(outbox => Coordinator.HandleMessage(One, differ, Now, outbox));
        Assert.Equal(new ReplicasDiffered(Partition, One, Two, 0, new Generation(1)), Assert.Single(effects.OfType<ReplicasDiffered>()));
        Assert.Equal([Partition], Assert.Single(effects.OfType<RolledBack>()).Lost);
        Assert.Equal(new Lineage(new Generation(2)), Assert.Single(effects.OfType<RecordView>()).View.Lineage);

        // It is said again, since messages may be lost, and has been heard.
        Assert.Empty(Do(outbox => Coordinator.HandleMessage(One, differ, Now, outbox)));
        Recorded(2);
        Assert.Empty(Do(outbox => Coordinator.HandleMessage(One, differ, Now, outbox)).OfType<RecordView>());
    }

    [Fact]
    public void ANewCoordinatorTellsOfTheDecisionThatItsPredecessorMayHaveKeptToItself()
    {
        Install();
        var first = Assert.Single(Seal(One, 1, 0).OfType<StepDecided>()).Decision;
        Coordinator = new Coordinator(Spec, Layout, Options, ProtocolRules.Safe, Coordinator.View);
        Ready(One);
        Ready(Two);
        Recorded(2);
        var report = new ReplicaReport(Partition, 1, false, first);
        Adopt(One, 2, report);
        var recalled = Assert.Single(Adopt(Two, 2, report).OfType<DecisionRecalled>());
        Assert.Equal(first, recalled.Decision);
    }

    [Fact]
    public void ACheckpointIsCompleteOnlyOnceItsVersionIsSealed()
    {
        Coordinator = new Coordinator(Spec, Layout, Options with { Checkpoints = new CheckpointOptions { EverySteps = 1 } }, ProtocolRules.Safe);
        Install();
        var before = Assert.Single(SealProven(step: 0).OfType<StepDecided>()).Decision;
        Assert.True(before.Snapshot);
        var stored = new SliceStored(before, new StoredSlice(Partition, 0, Layout.Partitions[0].Elements, "p0", 1, ""), 0, 0);
        Assert.Empty(Do(outbox => Coordinator.HandleMessage(One, stored, Now, outbox)).OfType<WriteManifest>());

        var effects = SealProven(step: 1, before);
        var written = Assert.Single(effects.OfType<WriteManifest>());
        Assert.Equal(1, written.Manifest.Step);
        Assert.Equal(1, Assert.Single(effects.OfType<VersionProven>()).Version);
        Assert.True(effects.FindIndex(effect => effect is VersionProven) < effects.IndexOf(written));
    }

    private List<Effect> SealProven(long step, Decision? last = null) => Do(outbox => Coordinator.HandleMessage(
        One, new Sealed(new(1), ReplicaBench.Lineage, [SealOf(step, last: last) with { Proof = PartitionProof.Of(Layout.Partitions[0], Leaves, Layout.Blocks) }]), Now, outbox));
}
