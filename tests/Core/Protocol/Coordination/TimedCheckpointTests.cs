using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Coordination;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;
using static AtomGrains.Core.Tests.Protocol.ReplicaBench;

namespace AtomGrains.Core.Tests.Protocol.Coordination;

/// <summary>A run with a checkpoint every thirty seconds, however many steps that is.</summary>
public sealed class TimedCheckpointTests : CoordinatorBench
{
    private static readonly CoordinatorOptions EveryHalfMinute = Options with { Checkpoints = new CheckpointOptions { EveryTime = TimeSpan.FromSeconds(30) } };

    private Decision? _last;
    private Decision? _before;
    private CheckpointId _asked;

    public TimedCheckpointTests() => Coordinator = new Coordinator(Spec with { Steps = 1000 }, Layout, EveryHalfMinute, ProtocolRules.Safe);

    [Fact]
    public void TheFirstStepThatIsDecidedAfterItsTimeHasACheckpoint()
    {
        Install();
        Assert.Equal([false, false, false], new[] { StepAfter(100), StepAfter(29.9), StepAfter(0) });
        Assert.True(StepAfter(0.1));
        Complete();
        Assert.Equal([false, false, true], new[] { StepAfter(1), StepAfter(28.9), StepAfter(0.2) });
    }

    [Fact]
    public void OneThatIsUnfinishedKeepsTheNextWaitingAndNotForEver()
    {
        Install();
        StepAfter(0);
        Assert.True(StepAfter(30));
        Assert.Equal([false, false], new[] { StepAfter(30), StepAfter(30) });
        Complete();
        Assert.True(StepAfter(0));
        Assert.False(StepAfter(EveryHalfMinute.Checkpoints!.GiveUpAfter.TotalSeconds - 1));
        Assert.True(StepAfter(1));
    }

    // Whether the decision of a step that ends so much later asks for a checkpoint.
    private bool StepAfter(double seconds)
    {
        Now += TimeSpan.FromSeconds(seconds);
        _last = Assert.Single(Seal(One, 1, (_last?.Step ?? -1) + 1, last: _last).OfType<StepDecided>()).Decision;
        _asked = _last.Snapshot ? new CheckpointId(_last.Lineage, _last.Step + 1) : _asked;
        _before = _last.Snapshot ? _last : _before;
        return _last.Snapshot;
    }

    // The partition's slice is in the store, the version is sealed, and so the manifest is written.
    private void Complete()
    {
        var effects = Do(outbox => Coordinator.HandleMessage(One, new SliceStored(_before!, new StoredSlice(Partition, 0, Elements, "slice", 1, "hash"), 0, 0), Now, outbox));
        if (!effects.OfType<WriteManifest>().Any())
        {
            effects.AddRange(Seal(One, 1, _last!.Step + 1, last: _last));
            _last = effects.OfType<StepDecided>().Single().Decision;
            Assert.False(_last.Snapshot);
        }

        var manifest = Assert.Single(effects.OfType<WriteManifest>()).Manifest;
        Assert.Equal(_asked, manifest.Id);
        Assert.Single(Do(outbox => Coordinator.OnManifestWritten(manifest, outbox)).OfType<CheckpointCompleted>());
    }
}
