using AtomGrains.Core.Data;
using AtomGrains.Core.Lanes;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Runs;

namespace AtomGrains.Core.Protocol.Messages;

/// <summary>
/// Which messages between nodes fit a run: partitions, blocks, lanes, subtrees and samples that it has, and slices of their lengths.
/// Asked once, where messages come in, so that no actor has to doubt what it is handed.
/// </summary>
public sealed class MessageShape(RunSpec spec, PartitionLayout layout)
{
    private readonly int _levels = int.Log2(spec.Lanes);
    private readonly ShardLayout _shards = new(spec);

    /// <summary>Of the longest slice that a message of this run brings, tokens in the place of two each.</summary>
    public long MostFloats => Math.Max(
        Math.Max(layout.Partitions.Max(range => range.Elements), FillBlock.Floats(layout.BlockElements)),
        (((long)_shards.MostSamplesAtOnce * _shards.TokensPerSample) + 1) / 2);

    /// <summary>False for what no node of this run sends, whatever its version.</summary>
    public bool Fits(TensorMessage message) => RangeOf(message.Partition) is { } range && message switch
    {
        Push push => HasNode(push.Node) && push.Slice.Length == range.Elements,
        Want want => want.Nodes.All(HasNode),
        ParameterSlice parameters => parameters.Slice.Length == range.Elements,
        Reduced reduced => reduced.Slice.Length == range.Elements,
        FillWanted wanted => wanted.Blocks.All(block => HasBlock(range, block)),
        FillBlock fill => HasBlock(range, fill.Block) && fill.Slice.Length == FillBlock.Floats(range.ElementsOf(fill.Block)),
        SamplesWanted wanted => HasSamples(wanted.Samples),
        SamplesSent sent => HasSamples(sent.Samples) && sent.Tokens.Length == sent.Samples.Count * _shards.TokensPerSample,
        LanesHandedOver given => given.Lanes.All(lane => lane >= 0 && lane < spec.Lanes),
        _ => true,
    };

    private PartitionRange? RangeOf(PartitionId partition) =>
        partition.Value >= 0 && partition.Value < layout.Partitions.Count ? layout.Partitions[partition.Value] : null;

    private bool HasNode(TreeNode node) => node.Level >= 0 && node.Level <= _levels && node.Index >= 0 && node.Index < spec.Lanes >> node.Level;

    private bool HasSamples(IReadOnlyList<long> samples) => samples.Count <= _shards.MostSamplesAtOnce && samples.All(_shards.Has);

    private static bool HasBlock(PartitionRange range, int block) => block >= 0 && block < range.Blocks;
}
