using System.Text.Json;
using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using AtomGrains.Node.Checkpoints;
using AtomGrains.Node.Control;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Storage.Checkpoints;
using AtomGrains.Node.Storage.Objects;

namespace AtomGrains.Node.Tests.Storage.Checkpoints;

public sealed class CheckpointStoreTests : IDisposable
{
    private const int Elements = 1000;
    private const int BlockElements = 16;
    private static readonly Lineage Three = new(new Generation(3));
    private static readonly CheckpointId At40 = new(Three, 40);

    private readonly TemporaryFolder _folder = new();
    private readonly TemporaryFolder _run = new();
    private readonly CheckpointStore _store;

    public CheckpointStoreTests() => _store = new CheckpointStore(new DirectoryObjectStore(_folder.Path));

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(63)]
    public void SlicesLoadIntoAnyNumberOfPartitions(int partitions)
    {
        Put(40, partitions: 4);
        var manifest = _store.ReadManifest(At40).Manifest;
        foreach (var range in new PartitionLayout(Elements, BlockElements, partitions).Partitions)
        {
            var content = _store.Load(manifest, range);
            Assert.Equal(Numbers(0)[range.Flat], content.Values.ToArray());
            Assert.Equal(Numbers(1)[range.Flat], content.FirstMoment.ToArray());
            Assert.Equal(Numbers(2)[range.Flat], content.SecondMoment.ToArray());
        }

        Assert.Null(_store.Verify(At40, Elements, out var file));
        Assert.Equal(40 * 32, file!.Manifest.DataPosition);
    }

    [Fact]
    public void WhatIsWrongWithAnObjectIsSaidByItsName()
    {
        Put(40, partitions: 4);
        var slice = _store.ReadManifest(At40).Manifest.Slices[2];
        var path = Path.Combine(_folder.Path, slice.Object);
        var whole = File.ReadAllBytes(path);

        var flipped = (byte[])whole.Clone();
        flipped[^5] ^= 1;
        Assert.Contains("SHA-256", FaultOf(flipped));
        Assert.Contains("bytes", FaultOf(whole[..^4]));
        Assert.Contains("bytes", FaultOf([.. whole, 0]));
        var head = (byte[])whole.Clone();
        head[0] ^= 1;
        Assert.Contains("no slice", FaultOf(head));
        Assert.Contains("missing", FaultOf(null));

        string FaultOf(byte[]? content)
        {
            File.Delete(path);
            if (content is not null)
            {
                File.WriteAllBytes(path, content);
            }

            var fault = _store.Verify(At40, Elements, out _)!;
            Assert.Equal(slice.Object, fault.Object);
            var range = new PartitionLayout(Elements, BlockElements, 4).Partitions[2];
            Assert.Contains(slice.Object, Assert.Throws<InvalidDataException>(() => _store.Load(_store.ReadManifest(At40).Manifest, range)).Message);
            return fault.Reason;
        }
    }

    [Fact]
    public void ASliceOfAnotherStepInAManifestIsFound()
    {
        Put(40, partitions: 4);
        var manifest = _store.ReadManifest(At40).Manifest;
        _store.PutManifest(FileOf(manifest with { Step = 41, DataPosition = 41 * 32 }));
        Assert.Contains("it is of step 40", _store.Verify(new CheckpointId(Three, 41), Elements, out _)!.Reason);
    }

    [Fact]
    public void ABrokenManifestIsFoundByItsChecksum()
    {
        Put(40, partitions: 4);
        var path = Path.Combine(_folder.Path, "manifests", "l3", "000000000040.json");
        var text = File.ReadAllText(path);
        File.WriteAllText(path, text.Replace("\"optimizer_count\": 39", "\"optimizer_count\": 38"));
        Assert.NotEqual(text, File.ReadAllText(path));
        Assert.Equal("its checksum is not that of its content", _store.Verify(At40, Elements, out _)!.Reason);
        File.WriteAllText(path, text[..(text.Length / 2)]);
        Assert.Contains("broken", _store.Verify(At40, Elements, out _)!.Reason);
    }

    [Theory]
    [InlineData(999, "cover 1000 elements of 999")]
    [InlineData(1001, "cover 1000 elements of 1001")]
    public void AManifestOfAnotherModelIsFound(int elements, string reason)
    {
        Put(40, partitions: 4);
        Assert.Contains(reason, _store.Verify(At40, elements, out _)!.Reason);
    }

    [Fact]
    public void ADataPositionOfAnotherStepIsFound()
    {
        Put(40, partitions: 4);
        var manifest = _store.ReadManifest(At40).Manifest;
        _store.DeleteManifest(At40);
        _store.PutManifest(FileOf(manifest with { DataPosition = 39 * 32 }));
        Assert.Contains("data position 1248 is not that of step 40", _store.Verify(At40, Elements, out _)!.Reason);
    }

    [Fact]
    public void AManifestIsCreatedOnce()
    {
        Put(40, partitions: 4);
        var file = _store.ReadManifest(At40);
        Assert.False(_store.PutManifest(file with { BitsClass = "other" }));
        Assert.Equal("cpu", _store.ReadManifest(At40).BitsClass);
        Assert.Equal([At40], _store.List());
    }

    [Fact]
    public void SlicesThatNoManifestWillNameAreRemovedAndOthersStay()
    {
        foreach (var step in (long[])[20, 30, 40, 50])
        {
            Put(step, partitions: 2);
        }

        var later = DateTimeOffset.UtcNow + TimeSpan.FromMinutes(1);
        _store.DeleteManifest(new CheckpointId(Three, 20));
        _store.DeleteManifest(new CheckpointId(Three, 50));
        Assert.Equal(0, _store.DeleteUnnamedSlices(At40, DateTimeOffset.UtcNow - TimeSpan.FromMinutes(1)));
        Assert.Equal(2, _store.DeleteUnnamedSlices(At40, later));
        Assert.Null(_store.Verify(new CheckpointId(Three, 30), Elements, out _));
        Assert.Null(_store.Verify(At40, Elements, out _));
        Assert.Equal(6, _store.Objects.List("slices/").Count);
    }

    [Theory]
    [InlineData(2, 0, 2)]
    [InlineData(3, 0, 3)]
    [InlineData(2, 60, 5)]
    public void AKeeperLeavesTheNewestAndTheirObjectsAndTheOthersForAsLongAsSomebodyMayReadThem(int keep, int graceSeconds, int objectsOf)
    {
        long[] steps = [10, 20, 30, 40, 50];
        foreach (var step in steps)
        {
            Put(step, partitions: 2);
        }

        var register = new FileRegister(_run.Path);
        Assert.True(register.TryCreate(Three.Began, JsonSerializer.SerializeToUtf8Bytes(ViewOf(Three), LocalJson.Default.View)));
        var events = new Events();
        using (var keeper = new CheckpointKeeper(
            CheckpointKeeperOptions.For(_run.Path, "cpu", Elements, keep) with { ReadGrace = TimeSpan.FromSeconds(graceSeconds) }, _store, register, events))
        {
            keeper.Collect(new CheckpointId(Three, 50));
            keeper.FindNewestWritten();
            Assert.True(events.IsThrough.Wait(TimeSpan.FromSeconds(30)), "the keeper has not come to the end of its work");
        }

        Assert.Equal(steps.TakeLast(keep), _store.List().Select(checkpoint => checkpoint.Step).Order());
        Assert.Equal(2 * objectsOf, _store.Objects.List("slices/").Count);
        Assert.All(_store.List(), checkpoint => Assert.Null(_store.Verify(checkpoint, Elements, out _)));
    }

    public void Dispose()
    {
        _folder.Dispose();
        _run.Dispose();
    }

    private static View ViewOf(Lineage lineage) => new()
    {
        Generation = lineage.Began,
        Lineage = lineage,
        Members = [],
        LaneOwners = [],
        Partitions = [],
    };

    // The keeper does one thing after the other: what was asked for last is the end of all.
    private sealed class Events : ICheckpointEvents
    {
        public ManualResetEventSlim IsThrough { get; } = new();

        public void OnManifestWritten(CheckpointManifest manifest) => Assert.Fail($"the manifest of {manifest.Id} was written");

        public void OnManifestNotWritten(CheckpointManifest manifest, string reason) => Assert.Fail(reason);

        public void OnCheckpointFound(FoundCheckpoint found) => Assert.Fail("a checkpoint was looked for");

        public void OnNewestWritten(DateTimeOffset at) => IsThrough.Set();
    }

    private static float[] Numbers(int section) => [.. Enumerable.Range(0, Elements).Select(i => BitConverter.UInt32BitsToSingle((uint)((i * 2654435761L) + section) & 0x7EFFFFFF))];

    private static ManifestFile FileOf(CheckpointManifest manifest) =>
        new() { BitsClass = "cpu", LedgerPosition = 0, Written = DateTimeOffset.UnixEpoch, Manifest = manifest };

    private void Put(long step, int partitions)
    {
        var before = new Decision(Three, step - 1, DecisionKind.Commit, new UpdateScalars(1e-3f, 1, 1, 1), 2.5, double.NaN, step - 1, 0, default, Snapshot: true);
        var slices = new PartitionLayout(Elements, BlockElements, partitions).Partitions.Select(range =>
        {
            var header = new SliceHeader
            {
                Lineage = 3,
                Step = step,
                Generation = 5,
                Partition = range.Id.Value,
                FirstElement = range.FirstElement,
                Elements = range.Elements,
                Last = before,
            };
            ReadOnlyMemory<byte> Section(int section)
            {
                var bytes = new byte[range.Elements * sizeof(float)];
                SliceFile.Copy(Numbers(section).AsSpan(range.Flat), bytes);
                return bytes;
            }

            return _store.PutSlice(header, [SliceFile.Head(header), Section(0), Section(1), Section(2)]);
        });
        _store.PutManifest(FileOf(new CheckpointManifest
        {
            Lineage = Three,
            Step = step,
            Generation = new Generation(5),
            DataPosition = step * 32,
            OptimizerCount = step - 1,
            SkipsInRow = 0,
            Spec = RunSpecs.Record().Spec,
            Slices = [.. slices],
        }));
    }
}
