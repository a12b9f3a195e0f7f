using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Coordination;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;
using static AtomGrains.Core.Tests.Protocol.ReplicaBench;

namespace AtomGrains.Core.Tests.Protocol.Coordination;

/// <summary>A run that does not get on, with checkpoints every hundred steps.</summary>
public sealed class GivenUpTests : CoordinatorBench
{
    private static readonly CoordinatorOptions WithCheckpoints = Options with { Checkpoints = new CheckpointOptions { EverySteps = 100 } };

    public GivenUpTests() => Coordinator = new Coordinator(Spec, Layout, WithCheckpoints, ProtocolRules.Safe);

    [Fact]
    public void ItStopsWithACheckpointOfWhereItStands()
    {
        var last = AtStep1();
        var asked = GiveUp();
        Assert.All(Decided(asked), send => Assert.Equal(last with { Snapshot = true }, ((Decide)send.Message).Decision));
        Assert.Equal([One, Two], Decided(asked).Select(send => send.To));
        Assert.Empty(asked.OfType<RunStopped>());

        var manifest = Assert.Single(Store(last).OfType<WriteManifest>()).Manifest;
        Assert.Equal((1L, 1L), (manifest.Step, manifest.OptimizerCount));
        Assert.Single(Do(outbox => Coordinator.OnManifestWritten(manifest, outbox)).OfType<CheckpointCompleted>());
        Assert.Equal("no use; the newest checkpoint is of step 1", Assert.Single(Tick().OfType<RunStopped>()).Reason);
        Assert.True(Coordinator.IsOver);
    }

    [Fact]
    public void NothingIsDecidedAnyMoreMeanwhile()
    {
        var last = AtStep1();
        GiveUp();
        Assert.Empty(Seal(One, 1, 1, last: last).OfType<StepDecided>());
        Assert.Equal(1, Coordinator.Step);
    }

    [Fact]
    public void ALossMeanwhileIsGotOverAndTheOthersAreAsked()
    {
        var last = AtStep1();
        GiveUp();
        var view = Assert.Single(End(Two).OfType<RecordView>()).View;
        Assert.Empty(view.LanesOf(One));
        Recorded(2);
        var asked = Adopt(One, 2, new ReplicaReport(Partition, 1, false, last));
        Assert.True(((Decide)Assert.Single(Decided(asked)).Message).Decision.Snapshot);
    }

    [Fact]
    public void AStoreThatTakesNothingDoesNotKeepItForEver()
    {
        AtStep1();
        GiveUp();
        Assert.Empty(Wait(WithCheckpoints.StopGrace.TotalSeconds - 1, One, Two).OfType<RunStopped>());
        Assert.Equal("no use; there is no checkpoint", Assert.Single(Wait(2, One, Two).OfType<RunStopped>()).Reason);
    }

    [Fact]
    public void WhereNothingIsDecidedThereIsNothingToKeep()
    {
        Install();
        Assert.Equal("no use; there is no checkpoint", Assert.Single(GiveUp().OfType<RunStopped>()).Reason);
    }

    [Fact]
    public void WithoutAnyCopyOfAPartitionItStopsWithWhatThereIs()
    {
        AtStep1();
        GiveUp();
        End(One);
        Recorded(2);
        Assert.Equal("no use; there is no checkpoint", Assert.Single(End(Two).OfType<RunStopped>()).Reason);
    }

    [Fact]
    public void APrimaryThatIsAskedLateStoresWhereItStandsAndOnce()
    {
        var replica = new ReplicaBench(Primary, ViewOf(1, Primary, Backup));
        replica.Handle(Worker, Whole(Key(0)));
        replica.Decide(Commit(0));
        var values = replica.Replica.State.Values.ToArray();
        var store = Assert.Single(replica.Decide(Commit(0) with { Snapshot = true }).OfType<StoreSlice>());
        Assert.Equal((0L, true), (store.Before.Step, store.Before.Snapshot));
        Assert.Equal(values, store.Values.ToArray());
        Assert.Empty(replica.Decide(Commit(0) with { Snapshot = true }).OfType<StoreSlice>());
    }

    [Fact]
    public void ABackupThatWasAskedStoresWhenItIsPromoted()
    {
        var replica = new ReplicaBench(Backup, ViewOf(1, Primary, Backup));
        replica.Handle(Primary, new Reduced(Partition, new Generation(1), Key(0), 1, new float[Elements]));
        replica.Decide(Commit(0));
        Assert.Empty(replica.Decide(Commit(0) with { Snapshot = true }).OfType<StoreSlice>());
        Assert.Single(replica.Adopt(ViewOf(2, Backup)).OfType<StoreSlice>());
    }

    private List<Effect> GiveUp() => Do(outbox => Coordinator.OnGivenUp("no use", Now, outbox));

    private Decision AtStep1()
    {
        Install();
        return Assert.Single(Seal(One, 1, 0).OfType<StepDecided>()).Decision;
    }

    private List<Effect> Store(Decision before) => Do(outbox => Coordinator.HandleMessage(
        One, new SliceStored(before with { Snapshot = true }, new StoredSlice(Partition, 0, Elements, "slice", 1, "hash"), 0, 0), Now, outbox));
}
