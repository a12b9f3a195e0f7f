using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using AtomGrains.Node.Transport;

namespace AtomGrains.Node.Tests.Workers.Frames;

/// <summary>
/// Calls to the node of <see cref="FuzzedRun"/>. What comes out depends on the random numbers alone, so a seed and a number
/// are a call.
/// </summary>
/// <param name="nodes">Who the caller may say that it is.</param>
/// <param name="limits">Those of the node that is called.</param>
internal sealed class HostileCalls(Random random, IReadOnlyList<int> nodes, TransportOptions limits)
{
    private const int MostFrames = 60;
    private const int LengthsAt = 8;
    private const int ChecksumAt = 20;
    private const int HelloBytes = 64;

    private readonly HostileMessages _messages = new(random);

    public HostileCall Next() => random.Next(8) switch
    {
        0 => Stranger(),
        1 => WithChangedMessages(),
        _ => WithOneBadFrame(),
    };

    // Frames that the node takes, and then one that it refuses, or an end that it has to see.
    private HostileCall WithOneBadFrame()
    {
        var frames = Enumerable.Range(0, random.Next(MostFrames)).Select(_ => Fitting()).ToList();
        var (last, bytes, reason) = Bad();
        if (bytes.Length > 0)
        {
            frames.Add(bytes);
        }

        var count = frames.Count;
        var isRefused = reason is not (CloseReason.TruncatedFrame or CloseReason.PeerClosed);
        if (isRefused && random.Next(3) == 0)
        {
            // Never read.
            frames.AddRange(Enumerable.Range(0, random.Next(1, 4)).Select(_ => random.Next(2) == 0 ? Fitting() : Bad().Bytes));
        }

        var end = isRefused ? HostileCall.Ending.Hear : HostileCall.Ending.EndSending;
        return !isRefused && random.Next(8) == 0
            ? new HostileCall(From(), Cut(frames), count, last, random.Next(2) == 0 ? HostileCall.Ending.Stay : HostileCall.Ending.Leave, null)
            : new HostileCall(From(), Cut(frames), count, last, end, reason);
    }

    private HostileCall WithChangedMessages()
    {
        var frames = Enumerable.Range(0, random.Next(1, 12)).Select(_ => Frame(_messages.Changed())).ToList();
        return new HostileCall(From(), Cut(frames), frames.Count, "changed bytes", HostileCall.Ending.EndSending, null);
    }

    private (string What, byte[] Bytes, CloseReason Reason) Bad()
    {
        var frame = Fitting();
        switch (random.Next(11))
        {
            case 0:
                frame[random.Next(LengthsAt)] ^= (byte)(1 << random.Next(8));
                return ("another beginning", frame, CloseReason.BadMagic);
            case 1:
                BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(LengthsAt), Of<uint>((uint)limits.MaxHeaderBytes + 1, int.MaxValue, 1U << 31, uint.MaxValue));
                return ("too long a header", frame, CloseReason.HeaderTooLarge);
            case 2:
                var most = (ulong)limits.MaxPayloadBytes;
                BinaryPrimitives.WriteUInt64LittleEndian(
                    frame.AsSpan(LengthsAt + 4), Of<ulong>(FuzzedRun.MostPayloadBytes + 4, most, most + 1, most + 4, int.MaxValue, long.MaxValue, 1UL << 63, ulong.MaxValue));
                return ("too long a payload", frame, CloseReason.PayloadTooLarge);
            case 3:
                frame[LengthsAt + 4] += (byte)random.Next(1, 4);
                return ("a payload of no whole numbers", frame, CloseReason.PayloadNotWholeFloats);
            case 4:
                var header = FrameFormat.PrefixBytes + BinaryPrimitives.ReadInt32LittleEndian(frame.AsSpan(LengthsAt));
                frame[random.Next(ChecksumAt, header)] ^= (byte)(1 << random.Next(8));
                return ("a changed header", frame, CloseReason.HeaderCorrupt);
            case 5:
                // One float more than there is: the next frame would begin inside of it.
                var longer = BinaryPrimitives.ReadInt64LittleEndian(frame.AsSpan(LengthsAt + 4)) + 4;
                BinaryPrimitives.WriteInt64LittleEndian(frame.AsSpan(LengthsAt + 4), longer);
                return ("another length", frame, longer > FuzzedRun.MostPayloadBytes ? CloseReason.PayloadTooLarge : CloseReason.HeaderCorrupt);
            case 6:
                return ("cut", frame[..random.Next(1, frame.Length)], CloseReason.TruncatedFrame);
            case 7:
                return ("cut in as long a payload as any", Longest(), CloseReason.TruncatedFrame);
            case 8:
                return ("nothing", [], CloseReason.PeerClosed);
            default:
                return ("a message of no such run", Frame(_messages.Unfitting()), CloseReason.NotAMessage);
        }
    }

    private HostileCall Stranger()
    {
        var hello = Hello();
        switch (random.Next(9))
        {
            case 0:
                hello[random.Next(8)] ^= (byte)(1 << random.Next(8));
                return Says("another hello", hello, CloseReason.HandshakeMalformed);
            case 1:
                hello[random.Next(8, 24)] ^= (byte)(1 << random.Next(8));
                return Says("a hello of another run", hello, CloseReason.WrongRun);
            case 2:
                BinaryPrimitives.WriteInt32LittleEndian(hello.AsSpan(28), Of(0, 2, 3, -1, int.MaxValue, int.MinValue));
                return Says("a hello for another node", hello, CloseReason.WrongTarget);
            case 3:
                return Says("a proof of nothing", [.. hello, .. Bytes(32)], CloseReason.WrongSecret);
            case 4:
                return Says("a frame in place of a hello", [.. Fitting(), .. Bytes(HelloBytes)], CloseReason.HandshakeMalformed);
            case 5:
                return Says("rubbish", [0xff, .. Bytes(random.Next(HelloBytes, 600))], CloseReason.HandshakeMalformed);
            case 6:
                return Ends("half a handshake", [.. hello, .. Bytes(31)], random.Next(1, HelloBytes + 31), CloseReason.TruncatedFrame);
            case 7:
                return Ends("silence", [], 0, CloseReason.PeerClosed);
            default:
                return new HostileCall(null, [Half(hello)], 1, "half a hello", random.Next(2) == 0 ? HostileCall.Ending.Stay : HostileCall.Ending.Leave, null);
        }

        HostileCall Says(string what, byte[] bytes, CloseReason reason) => new(null, Cut([bytes]), 1, what, HostileCall.Ending.Hear, reason);

        HostileCall Ends(string what, byte[] bytes, int length, CloseReason reason) => new(null, Cut([bytes[..length]]), 1, what, HostileCall.Ending.EndSending, reason);
    }

    // The hello of a good caller, as the protocol has it: magic, version, channel, run, from, to, nonce.
    private byte[] Hello()
    {
        var hello = Bytes(HelloBytes);
        "AGTH"u8.CopyTo(hello);
        ((byte[])[1, 0, (byte)Handshake.Channel.Tensor, 0]).CopyTo(hello, 4);
        SHA256.HashData(Encoding.UTF8.GetBytes(FuzzedRun.Id)).AsSpan(0, 16).CopyTo(hello.AsSpan(8));
        BinaryPrimitives.WriteInt32LittleEndian(hello.AsSpan(24), From());
        BinaryPrimitives.WriteInt32LittleEndian(hello.AsSpan(28), FuzzedRun.Listener);
        return hello;
    }

    private byte[] Fitting() => Frame(_messages.Fitting());

    private static byte[] Frame((byte[] Header, float[] Payload) message)
    {
        var payload = MemoryMarshal.AsBytes(message.Payload.AsSpan());
        var frame = new byte[FrameFormat.PrefixBytes + message.Header.Length + payload.Length];
        payload.CopyTo(frame.AsSpan(FrameFormat.WriteHead(frame, message.Header, payload.Length)));
        return frame;
    }

    // Believed for its checksum, and then there are a few bytes of it.
    private byte[] Longest()
    {
        var frame = new byte[FrameFormat.PrefixBytes + 1 + random.Next(5000)];
        FrameFormat.WriteHead(frame, [1], FuzzedRun.MostPayloadBytes);
        return frame;
    }

    private int From() => nodes[random.Next(nodes.Count)];

    private byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }

    private byte[] Half(byte[] whole) => whole[..random.Next(whole.Length)];

    private IReadOnlyList<byte[]> Cut(List<byte[]> frames)
    {
        var bytes = frames.SelectMany(frame => frame).ToArray();
        if (bytes.Length < 2 || random.Next(3) != 0)
        {
            return [bytes];
        }

        var at = random.Next(1, bytes.Length);
        return [bytes[..at], bytes[at..]];
    }

    private T Of<T>(params ReadOnlySpan<T> values) => values[random.Next(values.Length)];
}
