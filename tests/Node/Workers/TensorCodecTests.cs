using System.Reflection;
using AtomGrains.Core.Lanes;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Node.Workers;

namespace AtomGrains.Node.Tests.Workers;

public sealed class TensorCodecTests
{
    private static readonly PartitionId Partition = new(3);
    private static readonly Generation Generation = new(7);
    private static readonly Lineage Lineage = new(new Generation(2));
    private static readonly StepKey Key = new(Lineage, 41, new DecisionDigest(0xfeed));
    private static readonly float[] Slice = [1.5f, -2, float.NaN, 0];

    private static readonly Decision Last = new(
        Lineage, 40, DecisionKind.Commit, new UpdateScalars(1e-3f, 0.5f, 10, 100), 2.25, 0.75, 39, 0, new DecisionDigest(0xbeef));

    private static readonly TensorMessage[] Messages =
    [
        new Push(Partition, Generation, Key, new TreeNode(2, 1), 3.5, Slice, new NodeId(7)),
        new Want(Partition, Generation, Key, [new TreeNode(0, 4), new TreeNode(1, 3)]),
        new Pull(Partition, Generation, Lineage, 42),
        new ParameterSlice(Partition, Generation, Key, Slice),
        new Reduced(Partition, Generation, Key, 3.5, Slice),
        new ReducedHeld(Partition, Generation, Key, new SliceDigest(0xabc)),
        new ReducedHeld(Partition, Generation, Key, new SliceDigest(0xabc), new SliceDigest(0xdef)),
        new FillWanted(Partition, Generation, 41, true, [0, 5]),
        new FillWanted(Partition, Generation, null, false, []),
        new FillBlock(Partition, Generation, Key, Last, 5, Slice),
        new FillBlock(Partition, Generation, Key, null, 5, Slice),
        new Refused(Partition, Generation, Refusal.Early, 41),
        new LaneAsked(Generation, Key),
        new LanesHandedOver(Generation, Key, [12, 13]),
        new LanesHandedOver(Generation, Key, []),
        new SamplesWanted(Generation, [3, 1L << 40]),
        new SamplesSent(Generation, [3], new ushort[] { 1, 65535, 3 }),
        new SamplesSent(Generation, [3, 4], new ushort[] { 1, 2, 3, 4 }),
    ];

    public static TheoryData<int> Numbers => [.. Enumerable.Range(0, Messages.Length)];

    [Fact]
    public void EveryMessageBetweenNodesIsAmongThoseTested()
    {
        var kinds = typeof(TensorMessage).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(TensorMessage)) && !type.IsAbstract);
        Assert.Equal(kinds.OrderBy(kind => kind.Name), Messages.Select(message => message.GetType()).Distinct().OrderBy(kind => kind.Name));
    }

    [Theory]
    [MemberData(nameof(Numbers))]
    public void MessageArrivesAsItWasSent(int number)
    {
        var sent = Messages[number];
        var arrived = TensorCodec.Decode(Encoded(sent), TensorCodec.PayloadOf(sent));
        Assert.NotNull(arrived);
        Assert.Equal(Facts(sent), Facts(arrived));
    }

    [Theory]
    [MemberData(nameof(Numbers))]
    public void HeaderThatIsShorterOrLongerIsNoMessage(int number)
    {
        var header = Encoded(Messages[number]);
        for (var length = 0; length < header.Length; length++)
        {
            Assert.Null(TensorCodec.Decode(header.AsMemory(0, length), default));
        }

        Assert.Null(TensorCodec.Decode(new byte[] { 0 }.Prepend((byte)0).Concat(header).ToArray(), default));
        Assert.Null(TensorCodec.Decode(header.Append((byte)0).ToArray(), default));
    }

    [Fact]
    public void ListLongerThanAnyOfOursIsRefusedBeforeItIsRead()
    {
        var header = Encoded(new LanesHandedOver(Generation, Key, []));
        BitConverter.TryWriteBytes(header.AsSpan(header.Length - sizeof(int)), int.MaxValue);
        Assert.Null(TensorCodec.Decode(header, default));
    }

    [Fact]
    public void HundredsOfThousandsOfSpoiltHeadersDecodeToAMessageOrToNone()
    {
        const int Inputs = 300_000;
        var random = new Random(20260723);
        var headers = Messages.Select(Encoded).ToList();
        var decoded = 0;
        for (var i = 0; i < Inputs; i++)
        {
            var header = headers[random.Next(headers.Count)].ToList();
            for (var spoils = random.Next(1, 4); spoils > 0; spoils--)
            {
                var place = random.Next(header.Count);
                switch (random.Next(3))
                {
                    case 0:
                        header[place] ^= (byte)(1 << random.Next(8));
                        break;
                    case 1:
                        header[place] = (byte)random.Next(256);
                        break;
                    default:
                        header.InsertRange(place, new byte[random.Next(1, 5)]);
                        break;
                }
            }

            decoded += TensorCodec.Decode(header.ToArray(), new float[random.Next(9)]) is null ? 0 : 1;
        }

        Assert.InRange(decoded, Inputs / 10, Inputs * 9 / 10);
    }

    private static byte[] Encoded(TensorMessage message)
    {
        using var stream = new MemoryStream();
        TensorCodec.Encode(message, stream);
        return stream.ToArray();
    }

    // Records compare lists and slices by reference; what they hold is what counts.
    private static List<string> Facts(TensorMessage message) =>
    [
        message.GetType().Name,
        .. message.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).OrderBy(property => property.Name).Select(property => property.GetValue(message) switch
        {
            ReadOnlyMemory<float> slice => string.Join(' ', slice.ToArray().Select(BitConverter.SingleToInt32Bits)),
            IEnumerable<TreeNode> nodes => string.Join(' ', nodes),
            ReadOnlyMemory<ushort> tokens => string.Join(' ', tokens.ToArray()),
            IEnumerable<int> numbers => string.Join(' ', numbers),
            IEnumerable<long> samples => string.Join(' ', samples),
            var value => $"{value}",
        }),
    ];
}
