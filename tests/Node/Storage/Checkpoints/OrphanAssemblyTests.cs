using System.Collections.Immutable;
using System.Text.Json;
using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Core.Protocol.Nodes;
using AtomGrains.Core.Protocol.Partitions;
using AtomGrains.Node.Checkpoints;
using AtomGrains.Node.Control;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Storage.Checkpoints;
using AtomGrains.Node.Storage.Objects;

namespace AtomGrains.Node.Tests.Storage.Checkpoints;

/// <summary>What nodes leave when they end without a coordinator, and what can be made of it.</summary>
public sealed class OrphanAssemblyTests : IDisposable
{
    private static readonly RunRecord Run = Small(RunSpecs.Record());
    private static readonly ParameterLayout Parameters = new([new("matrix", [6, 4], 0, true), new("norm", [5], 24, false)]);
    private static readonly PartitionLayout Layout = new(Parameters.Elements, Run.Spec.BlockElements, Run.Spec.Partitions);
    private static readonly NodeId[] Nodes = [new(1), new(2)];
    private static readonly View View = new()
    {
        Generation = new Generation(1),
        Lineage = new Lineage(new Generation(1)),
        Members = [.. Nodes.Select((node, slot) => new Member(node, slot, $"{slot}"))],
        LaneOwners = [.. Enumerable.Repeat(Nodes[0], Run.Spec.Lanes)],
        Partitions = [new PartitionPlacement(Nodes[0], null), new PartitionPlacement(Nodes[1], null)],
    };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void APartitionThatIsADecisionBehindIsRolledForwardToTheBitsOfTheOneThatIsNot()
    {
        Register();
        Leave(Replica(0, step: 1), Nodes[0]);
        Leave(Replica(1, step: 0, holds: true), Nodes[1]);
        Assert.Contains("step 1 is whole", Assert.Single(Assemble()), StringComparison.Ordinal);

        var manifest = Store.ReadManifest(new CheckpointId(View.Lineage, 1)).Manifest;
        var expected = Replica(1, step: 1).State;
        var content = Store.Load(manifest, Layout.Partitions[1]);
        Assert.Equal(expected.Values, content.Values.ToArray());
        Assert.Equal(expected.FirstMoment, content.FirstMoment.ToArray());
        Assert.Equal(expected.SecondMoment, content.SecondMoment.ToArray());
        Assert.NotEqual(Replica(1, step: 0, holds: true).State.Values, content.Values.ToArray());
        Assert.Equal((1L, Decision.OptimizerCount), (manifest.Step, manifest.OptimizerCount));
        Assert.False(Directory.Exists(_folder.File(OrphanRecord.FolderName)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void WhatIsLeftIsPutTogetherByThePartitionsOfItsLineageWhateverTheRunGoesOnWith(int partitions)
    {
        Register();
        Leave(Replica(0, step: 1), Nodes[0]);
        Leave(Replica(1, step: 1), Nodes[1]);
        Assert.Contains("step 1 is whole", Assert.Single(Assemble(partitions)), StringComparison.Ordinal);

        var manifest = Store.ReadManifest(new CheckpointId(View.Lineage, 1)).Manifest;
        Assert.Equal((Layout.Partitions.Count, Layout.Partitions.Count), (manifest.Spec.Partitions, manifest.Slices.Count));
        var values = new PartitionLayout(Parameters.Elements, Run.Spec.BlockElements, partitions).Partitions.SelectMany(range => Store.Load(manifest, range).Values.ToArray());
        Assert.Equal(Replica(0, step: 1).State.Values.Concat(Replica(1, step: 1).State.Values), values);
    }

    [Fact]
    public void AStepOfWhichAPartitionIsMissingIsNoCheckpoint()
    {
        Register();
        Leave(Replica(0, step: 1), Nodes[0]);
        Leave(Replica(1, step: 0), Nodes[1]);
        Assert.Contains("lacks", Assert.Single(Assemble()), StringComparison.Ordinal);
        Assert.Empty(Store.List());
    }

    [Fact]
    public void ATornSliceIsRefusedAndNamed()
    {
        Register();
        Leave(Replica(0, step: 1), Nodes[0]);
        Leave(Replica(1, step: 1), Nodes[1]);
        var torn = _folder.File($"{OrphanRecord.FolderName}/2/p1.slice");
        File.WriteAllBytes(torn, File.ReadAllBytes(torn)[..^4]);
        var notes = Assemble();
        Assert.StartsWith($"{torn} is of no use", notes[0], StringComparison.Ordinal);
        Assert.Contains("lacks", notes[1], StringComparison.Ordinal);
        Assert.Empty(Store.List());
    }

    [Fact]
    public void WhatCannotBeReadIsPassedOverAndNamedWhateverItsLength()
    {
        Register();
        Leave(Replica(0, step: 1), Nodes[0]);
        Leave(Replica(1, step: 1), Nodes[1]);
        var (huge, folder) = (_folder.File($"{OrphanRecord.FolderName}/1/p0.slice"), _folder.File($"{OrphanRecord.FolderName}/2/p1.slice"));
        using (var file = File.OpenWrite(huge))
        {
            // All hole behind the slice that was there.
            file.SetLength(3L << 30);
        }

        File.Delete(folder);
        Directory.CreateDirectory(folder);
        var notes = Assemble();
        Assert.StartsWith($"{huge} is of no use: it has {3L << 30} bytes, its header tells of ", notes[0], StringComparison.Ordinal);
        Assert.StartsWith($"{folder} is of no use: ", notes[1], StringComparison.Ordinal);
        Assert.Equal(2, notes.Count);
        Assert.Empty(Store.List());
    }

    private static Decision Decision => new(
        View.Lineage, 0, DecisionKind.Commit, new UpdateScalars(0.125f, 1, 10, 100), 1.5, 2, 1, 0, DecisionDigest.Genesis(View.Lineage));

    private CheckpointStore Store => new(new DirectoryObjectStore(_folder.File("store")));

    private static RunRecord Small(RunRecord record) => record with { Spec = record.Spec with { Partitions = 2, BlockElements = 8 } };

    // A replica with a gradient of its own bits, before or after the decision of step 0.
    private static PartitionReplica Replica(int partition, long step, bool holds = false)
    {
        var range = Layout.Partitions[partition];
        var context = new ReplicaContext(Nodes[partition], Run.Spec.Lanes, Parameters, new AdamW(Run.Spec.Optimizer), new FloatPool(), ProtocolRules.Safe, part => Enumerable.Range(part.FirstElement, part.Elements).Select(i => i * 0.25f).ToArray(), new NodeTally());
        var replica = new PartitionReplica(range, context, View);
        if (step == 1 || holds)
        {
            var gradient = Enumerable.Range(range.FirstElement, range.Elements).Select(i => 0.5f - (i * 0.0625f)).ToArray();
            replica.State.Hold(new ReducedSlice(gradient, 1.5, SliceDigest.Of(gradient)));
        }

        if (step == 1)
        {
            replica.State.Advance(Decision, updates: true);
        }

        return replica;
    }

    private void Register() => Assert.True(new FileRegister(_folder.Path).TryCreate(View.Generation, JsonSerializer.SerializeToUtf8Bytes(View, LocalJson.Default.View)));

    private void Leave(PartitionReplica replica, NodeId node)
    {
        var partition = Layout.Partitions[node.Value - 1].Id;
        OrphanFiles.Write(_folder.Path, node, View.Generation, Parameters, Layout, new Dictionary<PartitionId, PartitionReplica> { [partition] = replica });
    }

    private IReadOnlyList<string> Assemble(int? partitions = null) =>
        new OrphanAssembly(_folder.Path, Run with { Spec = Run.Spec with { Partitions = partitions ?? Run.Spec.Partitions } }, Parameters.Elements, new FileRegister(_folder.Path), Store).Run();
}
