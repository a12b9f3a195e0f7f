using AtomGrains.Core.Lanes;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Node.Workers;

namespace AtomGrains.Node.Tests.Workers.Frames;

/// <summary>
/// Messages for <see cref="FuzzedRun"/> that make no sense, as headers and payloads: ones that fit the run, whatever their
/// generation, step or numbers, and ones that no node of it sends.
/// </summary>
internal sealed class HostileMessages(Random random)
{
    // A list that fills the largest header.
    private const int LongestList = 8000;

    private static readonly PartitionRange Range = FuzzedRun.Layout.Partitions[0];

    /// <summary>A message that the node has to take, which is not to say that it does anything with it.</summary>
    public (byte[] Header, float[] Payload) Fitting() => Encoded(Message(
        new PartitionId(random.Next(FuzzedRun.Layout.Partitions.Count)), Node, Range.Elements, FuzzedRun.BlockElements * 3, () => random.Next(Range.Blocks), () => random.Next(FuzzedRun.Lanes)));

    /// <summary>A message for which the node has to close the connection.</summary>
    public (byte[] Header, float[] Payload) Unfitting()
    {
        switch (random.Next(9))
        {
            case 0:
                return Encoded(OnAPartition(new PartitionId(Of(4, 99, -1, int.MaxValue, int.MinValue))));
            case 1:
                return Encoded(random.Next(2) == 0 ? PushOf(NoNode(), Range.Elements) : new Want(new PartitionId(0), Generation(), Key(), [Node(), NoNode()]));
            case 2:
                var length = Of(0, 1, Range.Elements - 1, Range.Elements + 1, 2 * Range.Elements, 4096);
                return Encoded(Of<Func<TensorMessage>>(
                    () => PushOf(Node(), length),
                    () => new ParameterSlice(new PartitionId(1), Generation(), Key(), Slice(length)),
                    () => new Reduced(new PartitionId(1), Generation(), Key(), 1, Slice(length)),
                    () => new FillBlock(new PartitionId(2), Generation(), Key(), null, 0, Slice(length)))());
            case 3:
                var block = Of(4, 5, -1, int.MaxValue, int.MinValue);
                return Encoded(random.Next(2) == 0
                    ? new FillBlock(new PartitionId(2), Generation(), Key(), null, block, Slice(FuzzedRun.BlockElements * 3))
                    : new FillWanted(new PartitionId(0), Generation(), 0, false, [0, block]));
            case 4:
                return Encoded(new LanesHandedOver(Generation(), Key(), [0, Of(8, -1, int.MaxValue, int.MinValue)]));
            case 5:
                var samples = Of<long[]>([FuzzedRun.Spec.Data.TrainSamples], [-1], [0, long.MaxValue], [long.MinValue], new long[FuzzedRun.MostSamples + 1]);
                return Encoded(random.Next(3) switch
                {
                    0 => new SamplesWanted(Generation(), samples),
                    1 => new SamplesSent(Generation(), samples, samples.Length > FuzzedRun.MostSamples ? default : new ushort[samples.Length * FuzzedRun.TokensPerSample]),
                    _ => new SamplesSent(Generation(), [Sample()], new ushort[Of(0, 1, FuzzedRun.TokensPerSample - 1, FuzzedRun.TokensPerSample + 1, 4096)]),
                });
            case 6:
                var (header, payload) = Fitting();
                return (random.Next(2) == 0 ? header[..random.Next(header.Length)] : [.. header, .. new byte[random.Next(1, 9)]], payload);
            case 7:
                (header, payload) = Fitting();
                header[0] = Of<byte>(0, 14, 15, 127, 128, 255);
                return (header, payload);
            default:
                return WithAWrongCount();
        }
    }

    /// <summary>A message that fits, with some of its bytes changed; it may still be one.</summary>
    public (byte[] Header, float[] Payload) Changed()
    {
        var (header, payload) = Fitting();
        for (var changes = random.Next(1, 4); changes > 0; changes--)
        {
            header[random.Next(header.Length)] = (byte)random.Next(256);
        }

        return (header, random.Next(8) == 0 ? Slice(random.Next(4096)) : payload);
    }

    // A list that says that it is longer or shorter than it is, or tokens that are not as many as they say.
    private (byte[] Header, float[] Payload) WithAWrongCount()
    {
        TensorMessage message = Of<Func<TensorMessage>>(
            () => new LanesHandedOver(Generation(), Key(), []),
            () => new SamplesWanted(Generation(), []),
            () => new Want(new PartitionId(0), Generation(), Key(), []),
            () => new SamplesSent(Generation(), [], ReadOnlyMemory<ushort>.Empty))();
        var (header, payload) = Encoded(message);
        BitConverter.TryWriteBytes(header.AsSpan(header.Length - sizeof(int)), Of(1, 2, -1, 65_536, 65_537, int.MaxValue, int.MinValue));
        return (header, payload);
    }

    private TensorMessage OnAPartition(PartitionId partition)
    {
        TensorMessage message;
        do
        {
            message = Message(partition, Node, Range.Elements, FuzzedRun.BlockElements * 3, () => 0, () => 0);
        }
        while (message is WorkerMessage or ShardMessage);
        return message;
    }

    private TensorMessage Message(PartitionId partition, Func<TreeNode> node, int elements, int blockFloats, Func<int> block, Func<int> lane)
    {
        var (generation, key) = (Generation(), Key());
        return random.Next(13) switch
        {
            0 or 1 => new Push(partition, generation, key, node(), Number(), Slice(elements), new NodeId(Of(2, 3, 0, -1, int.MaxValue))),
            2 => new Want(partition, generation, key, Many(node)),
            3 => new Pull(partition, generation, key.Lineage, key.Step),
            4 => new ParameterSlice(partition, generation, key, Slice(elements)),
            5 => new Reduced(partition, generation, key, Number(), Slice(elements)),
            6 => new ReducedHeld(partition, generation, key, new SliceDigest((ulong)random.NextInt64()), random.Next(2) == 0 ? null : new SliceDigest(1)),
            7 => new FillWanted(partition, generation, random.Next(2) == 0 ? null : key.Step, random.Next(2) == 0, Many(block)),
            8 => new FillBlock(partition, generation, key, random.Next(2) == 0 ? null : Last(key.Step), block(), Slice(blockFloats)),
            9 => new Refused(partition, generation, (Refusal)random.Next(256), key.Step),
            10 => new LaneAsked(generation, key),
            11 => new LanesHandedOver(generation, key, Many(lane)),
            _ => Samples(generation),
        };
    }

    private Push PushOf(TreeNode node, int elements) => new(new PartitionId(0), Generation(), Key(), node, 1, Slice(elements), new NodeId(3));

    // Mostly of the view's own generation, in which a message gets furthest.
    private Generation Generation() => new(Of(2L, 2, 2, 2, 2, 1, 0, -1, 3, long.MaxValue, long.MinValue));

    private StepKey Key() => random.Next(2) == 0 ? FuzzedRun.FirstStep : new(
        new Lineage(new Generation(Of(1L, 1, 1, 2, 0, -1, long.MaxValue))),
        Of(0L, 0, 1, 2, -1, 9, 10, long.MaxValue, long.MinValue),
        random.Next(4) == 0 ? new DecisionDigest((ulong)random.NextInt64()) : FuzzedRun.FirstStep.Previous);

    private Decision Last(long step) => new(
        FuzzedRun.Lineage, step, (DecisionKind)random.Next(256), new UpdateScalars((float)Number(), 1, 1, 1), Number(), Number(), step, random.Next(-2, 3), FuzzedRun.FirstStep.Previous);

    private TreeNode Node()
    {
        var level = random.Next(4);
        return new TreeNode(level, random.Next(FuzzedRun.Lanes >> level));
    }

    private TreeNode NoNode() => Of(
        new TreeNode(0, 8), new TreeNode(4, 0), new TreeNode(3, 1), new TreeNode(-1, 0), new TreeNode(0, -1), new TreeNode(31, 0), new TreeNode(32, 0), new TreeNode(int.MaxValue, int.MaxValue), new TreeNode(int.MinValue, 0));

    private double Number() => Of(1, 0, -1, double.NaN, double.PositiveInfinity, double.MaxValue);

    private ShardMessage Samples(Generation generation)
    {
        var samples = Many(Sample).Take(FuzzedRun.MostSamples).ToList();
        return random.Next(2) == 0 ? new SamplesWanted(generation, samples) : new SamplesSent(generation, samples, new ushort[samples.Count * FuzzedRun.TokensPerSample]);
    }

    private long Sample() => random.NextInt64(FuzzedRun.Spec.Data.TrainSamples);

    private float[] Slice(int elements)
    {
        var slice = new float[elements];
        Array.Fill(slice, Of(0.5f, 1e30f, float.NaN, float.PositiveInfinity));
        return slice;
    }

    private List<T> Many<T>(Func<T> one) => [.. Enumerable.Range(0, random.Next(200) == 0 ? LongestList : random.Next(6)).Select(_ => one())];

    private T Of<T>(params ReadOnlySpan<T> values) => values[random.Next(values.Length)];

    private static (byte[] Header, float[] Payload) Encoded(TensorMessage message)
    {
        using var header = new MemoryStream();
        TensorCodec.Encode(message, header);
        return (header.ToArray(), TensorCodec.PayloadOf(message).ToArray());
    }
}
