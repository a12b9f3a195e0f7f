using AtomGrains.Core.Lanes;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Messages;

namespace AtomGrains.Node.Workers;

/// <summary>
/// Tensor messages as frames: the header holds the tags, little-endian, the payload the slice. A header that does not
/// decode to exactly one message is refused whole.
/// </summary>
public static class TensorCodec
{
    // More than any list in a message: what a stranger can make us allocate.
    private const int LongestList = 1 << 16;

    private enum Kind : byte
    {
        Push = 1,
        Want,
        Pull,
        Parameters,
        Reduced,
        ReducedHeld,
        FillWanted,
        FillBlock,
        Refused,
        LaneAsked,
        LanesHandedOver,
        SamplesWanted,
        SamplesSent,
    }

    /// <summary>The slice that travels with a message; empty for most.</summary>
    public static ReadOnlyMemory<float> PayloadOf(TensorMessage message) => message switch
    {
        SliceMessage slice => slice.Slice,
        SamplesSent samples => TokenPayload.Of(samples.Tokens.Span),
        _ => default,
    };

    /// <summary>Writes the header of a message to <paramref name="stream"/>.</summary>
    public static void Encode(TensorMessage message, Stream stream)
    {
        using var writer = new BinaryWriter(stream, System.Text.Encoding.UTF8, leaveOpen: true);
        switch (message)
        {
            case Push push:
                Begin(writer, Kind.Push, message);
                Write(writer, push.Key);
                Write(writer, push.Node);
                writer.Write(push.Loss);
                writer.Write(push.By.Value);
                break;
            case Want want:
                Begin(writer, Kind.Want, message);
                Write(writer, want.Key);
                WriteList(writer, want.Nodes, Write);
                break;
            case Pull pull:
                Begin(writer, Kind.Pull, message);
                writer.Write(pull.Lineage.Began.Value);
                writer.Write(pull.AtLeast);
                break;
            case ParameterSlice parameters:
                Begin(writer, Kind.Parameters, message);
                Write(writer, parameters.Key);
                break;
            case Reduced reduced:
                Begin(writer, Kind.Reduced, message);
                Write(writer, reduced.Key);
                writer.Write(reduced.Loss);
                break;
            case ReducedHeld held:
                Begin(writer, Kind.ReducedHeld, message);
                Write(writer, held.Key);
                writer.Write(held.Digest.Value);
                writer.Write(held.Parameters is not null);
                writer.Write(held.Parameters?.Value ?? 0);
                break;
            case FillWanted wanted:
                Begin(writer, Kind.FillWanted, message);
                writer.Write(wanted.Version is not null);
                writer.Write(wanted.Version ?? 0);
                writer.Write(wanted.HoldsReduced);
                WriteList(writer, wanted.Blocks, (w, block) => w.Write(block));
                break;
            case FillBlock fill:
                Begin(writer, Kind.FillBlock, message);
                Write(writer, fill.Key);
                Write(writer, fill.Last);
                writer.Write(fill.Block);
                break;
            case Refused refused:
                Begin(writer, Kind.Refused, message);
                writer.Write((byte)refused.Reason);
                writer.Write(refused.Step);
                break;
            case LaneAsked asked:
                Begin(writer, Kind.LaneAsked, message);
                Write(writer, asked.Key);
                break;
            case LanesHandedOver given:
                Begin(writer, Kind.LanesHandedOver, message);
                Write(writer, given.Key);
                WriteList(writer, given.Lanes, (w, lane) => w.Write(lane));
                break;
            case SamplesWanted wanted:
                Begin(writer, Kind.SamplesWanted, message);
                WriteList(writer, wanted.Samples, (w, sample) => w.Write(sample));
                break;
            case SamplesSent sent:
                Begin(writer, Kind.SamplesSent, message);
                WriteList(writer, sent.Samples, (w, sample) => w.Write(sample));
                writer.Write(sent.Tokens.Length);
                break;
            default:
                throw new ArgumentException($"{message.GetType().Name} does not travel between nodes", nameof(message));
        }
    }

    /// <summary>The message, or null when the header is none. The payload is borrowed.</summary>
    public static TensorMessage? Decode(ReadOnlyMemory<byte> header, ReadOnlyMemory<float> payload)
    {
        try
        {
            using var stream = new MemoryStream(header.ToArray(), writable: false);
            using var reader = new BinaryReader(stream);
            var message = Read(reader, payload);
            return stream.Position == stream.Length ? message : null;
        }
        catch (EndOfStreamException)
        {
            return null;
        }
    }

    private static TensorMessage? Read(BinaryReader reader, ReadOnlyMemory<float> payload)
    {
        var kind = (Kind)reader.ReadByte();
        var partition = new PartitionId(reader.ReadInt32());
        var generation = new Generation(reader.ReadInt64());
        switch (kind)
        {
            case Kind.Push:
                return new Push(partition, generation, ReadKey(reader), ReadNode(reader), reader.ReadDouble(), payload, new NodeId(reader.ReadInt32()));
            case Kind.Want:
                var wantKey = ReadKey(reader);
                return ReadList(reader, ReadNode) is { } nodes ? new Want(partition, generation, wantKey, nodes) : null;
            case Kind.Pull:
                return new Pull(partition, generation, ReadLineage(reader), reader.ReadInt64());
            case Kind.Parameters:
                return new ParameterSlice(partition, generation, ReadKey(reader), payload);
            case Kind.Reduced:
                return new Reduced(partition, generation, ReadKey(reader), reader.ReadDouble(), payload);
            case Kind.ReducedHeld:
                var heldKey = ReadKey(reader);
                var digest = new SliceDigest(reader.ReadUInt64());
                var holdsParameters = reader.ReadBoolean();
                var parameters = new SliceDigest(reader.ReadUInt64());
                return new ReducedHeld(partition, generation, heldKey, digest, holdsParameters ? parameters : null);
            case Kind.FillWanted:
                var known = reader.ReadBoolean();
                var version = reader.ReadInt64();
                var holds = reader.ReadBoolean();
                return ReadList(reader, r => r.ReadInt32()) is { } blocks
                    ? new FillWanted(partition, generation, known ? version : null, holds, blocks)
                    : null;
            case Kind.FillBlock:
                return new FillBlock(partition, generation, ReadKey(reader), ReadDecision(reader), reader.ReadInt32(), payload);
            case Kind.Refused:
                return new Refused(partition, generation, (Refusal)reader.ReadByte(), reader.ReadInt64());
            case Kind.LaneAsked:
                return new LaneAsked(generation, ReadKey(reader));
            case Kind.LanesHandedOver:
                var givenKey = ReadKey(reader);
                return ReadList(reader, r => r.ReadInt32()) is { } lanes ? new LanesHandedOver(generation, givenKey, lanes) : null;
            case Kind.SamplesWanted:
                return ReadList(reader, r => r.ReadInt64()) is { } wantedSamples ? new SamplesWanted(generation, wantedSamples) : null;
            case Kind.SamplesSent:
                return ReadList(reader, r => r.ReadInt64()) is { } samples && TokenPayload.Read(payload.Span, reader.ReadInt32()) is { } tokens
                    ? new SamplesSent(generation, samples, tokens)
                    : null;
            default:
                return null;
        }
    }

    private static void Begin(BinaryWriter writer, Kind kind, TensorMessage message)
    {
        writer.Write((byte)kind);
        writer.Write(message.Partition.Value);
        writer.Write(message.Generation.Value);
    }

    private static List<T>? ReadList<T>(BinaryReader reader, Func<BinaryReader, T> read)
    {
        var count = reader.ReadInt32();
        if (count is < 0 or > LongestList)
        {
            return null;
        }

        var list = new List<T>();
        for (var i = 0; i < count; i++)
        {
            list.Add(read(reader));
        }

        return list;
    }

    private static void WriteList<T>(BinaryWriter writer, IReadOnlyList<T> list, Action<BinaryWriter, T> write)
    {
        writer.Write(list.Count);
        foreach (var item in list)
        {
            write(writer, item);
        }
    }

    private static void Write(BinaryWriter writer, StepKey key)
    {
        writer.Write(key.Lineage.Began.Value);
        writer.Write(key.Step);
        writer.Write(key.Previous.Value);
    }

    private static StepKey ReadKey(BinaryReader reader) => new(ReadLineage(reader), reader.ReadInt64(), new DecisionDigest(reader.ReadUInt64()));

    private static Lineage ReadLineage(BinaryReader reader) => new(new Generation(reader.ReadInt64()));

    private static void Write(BinaryWriter writer, TreeNode node)
    {
        writer.Write(node.Level);
        writer.Write(node.Index);
    }

    private static TreeNode ReadNode(BinaryReader reader) => new(reader.ReadInt32(), reader.ReadInt32());

    private static void Write(BinaryWriter writer, Decision? decision)
    {
        writer.Write(decision is not null);
        if (decision is null)
        {
            return;
        }

        writer.Write(decision.Lineage.Began.Value);
        writer.Write(decision.Step);
        writer.Write((byte)decision.Kind);
        writer.Write(decision.Scalars.LearningRate);
        writer.Write(decision.Scalars.ClipScale);
        writer.Write(decision.Scalars.FirstCorrection);
        writer.Write(decision.Scalars.SecondCorrection);
        writer.Write(decision.Loss);
        writer.Write(decision.GradientNorm);
        writer.Write(decision.OptimizerCount);
        writer.Write(decision.SkipsInRow);
        writer.Write(decision.Previous.Value);
        writer.Write(decision.Snapshot);
    }

    private static Decision? ReadDecision(BinaryReader reader) => !reader.ReadBoolean() ? null : new Decision(
        ReadLineage(reader),
        reader.ReadInt64(),
        (DecisionKind)reader.ReadByte(),
        new UpdateScalars(reader.ReadSingle(), reader.ReadSingle(), reader.ReadSingle(), reader.ReadSingle()),
        reader.ReadDouble(),
        reader.ReadDouble(),
        reader.ReadInt64(),
        reader.ReadInt32(),
        new DecisionDigest(reader.ReadUInt64()),
        reader.ReadBoolean());
}
