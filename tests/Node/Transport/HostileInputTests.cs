using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using AtomGrains.Node.Transport;

namespace AtomGrains.Node.Tests.Transport;

[Collection(nameof(WholeProcess))]
public sealed class HostileInputTests
{
    public static TheoryData<CloseReason> Malformations => new(
        CloseReason.BadMagic,
        CloseReason.HeaderTooLarge,
        CloseReason.PayloadTooLarge,
        CloseReason.PayloadNotWholeFloats,
        CloseReason.HeaderCorrupt,
        CloseReason.TruncatedFrame);

    [Theory]
    [MemberData(nameof(Malformations))]
    public async Task AMalformedFrameClosesItsConnectionWithTheReasonAndNoOther(CloseReason reason)
    {
        using var pair = new Pair();
        using var good = pair.Peer(from: 2);
        Assert.Equal(SendOutcome.Accepted, good.Send([1], [1f]));
        (await pair.In.Next<RecordedEvents.Frame>()).Payload.Dispose();

        using var bad = pair.Dial(from: 3);
        bad.Send(Malformed(reason));
        bad.EndSending();

        var closed = await pair.In.Next<RecordedEvents.Closed>();
        Assert.Equal(new RecordedEvents.Closed(3, LinkDirection.Incoming, reason), closed);
        Assert.Equal(1, pair.InCounters.Closes(reason));
        Assert.Equal(SendOutcome.Accepted, good.Send([2], [2f]));
        var frame = await pair.In.Next<RecordedEvents.Frame>();
        Assert.Equal([2], frame.Header);
        frame.Payload.Dispose();
        Assert.Equal(1, pair.OutCounters.Opened);
        Assert.Equal(0, pair.Listener.Pool.LentBytes);
    }

    [Fact]
    public async Task AStrangerWithoutTheSecretIsRefusedAndCounted()
    {
        using var pair = new Pair();
        using var stranger = pair.Peer(from: 2, identity: new TransportIdentity("run", 2, RunSecret.Create()));

        Assert.Equal(SendOutcome.Accepted, stranger.Send([1], [1f]));

        var closed = await pair.Out.Next<RecordedEvents.Closed>();
        Assert.Equal(CloseReason.HandshakeRefused, closed.Reason);
        await Eventually.Holds("the count of the refusal", () => pair.InCounters.Closes(CloseReason.WrongSecret) == 1);
        Assert.Equal(0, pair.InCounters.Opened);
        Assert.Equal(1, pair.OutCounters.Drops(SendOutcome.PeerDown));
    }

    [Fact]
    public async Task ANodeOfAnotherRunIsRefusedAndCounted()
    {
        using var pair = new Pair();
        using var peer = pair.Peer(from: 2, identity: new TransportIdentity("other run", 2, pair.Secret));
        peer.Send([1], [1f]);
        Assert.Equal(CloseReason.HandshakeRefused, (await pair.Out.Next<RecordedEvents.Closed>()).Reason);
        await Eventually.Holds("the count of the refusal", () => pair.InCounters.Closes(CloseReason.WrongRun) == 1);
    }

    [Fact]
    public async Task ACallerWhoWantedAnotherNodeIsRefusedAndCounted()
    {
        using var pair = new Pair();
        using var peer = pair.Peer(from: 2, target: 99);
        peer.Send([1], [1f]);
        Assert.Equal(CloseReason.HandshakeRefused, (await pair.Out.Next<RecordedEvents.Closed>()).Reason);
        await Eventually.Holds("the count of the refusal", () => pair.InCounters.Closes(CloseReason.WrongTarget) == 1);
    }

    [Fact]
    public async Task AListenerWithoutTheSecretGetsNoFrame()
    {
        using var pair = new Pair();
        using var impostor = new TcpListener(IPAddress.Loopback, 0);
        impostor.Start();
        using var peer = pair.Peer(from: 2, endpoint: (IPEndPoint)impostor.LocalEndpoint);
        peer.Send([1], [1f]);

        using var socket = await impostor.AcceptSocketAsync();
        var received = new byte[4096];
        var hello = await socket.ReceiveAsync(received);
        await socket.SendAsync(new byte[32]);
        var proof = await socket.ReceiveAsync(received);
        await socket.SendAsync(new byte[32]);

        Assert.Equal(CloseReason.WrongSecret, (await pair.Out.Next<RecordedEvents.Closed>()).Reason);
        Assert.Equal(0, await socket.ReceiveAsync(received));
        Assert.Equal((64, 32), (hello, proof));
    }

    [Fact]
    public async Task AStrangerWhoSaysNothingIsClosedAfterTheHandshakeTimeout()
    {
        using var pair = new Pair(Pair.Small with { HandshakeTimeout = TimeSpan.FromMilliseconds(50) });
        using var silent = new TcpClient();
        await silent.ConnectAsync(pair.Listener.Endpoint);
        Assert.Equal(0, await silent.GetStream().ReadAsync(new byte[1]));
        await Eventually.Holds("the count of the timeout", () => pair.InCounters.Closes(CloseReason.HandshakeTimeout) == 1);
    }

    [Fact]
    public async Task UnprovenConnectionsAreBoundedAndLeaveRoomAgainWhenTheyEnd()
    {
        using var pair = new Pair(Pair.Small with { MaxUnauthenticated = 3 });
        var silent = Enumerable.Range(0, 4).Select(_ => new TcpClient()).ToList();
        foreach (var client in silent)
        {
            await client.ConnectAsync(pair.Listener.Endpoint);
        }

        await Eventually.Holds("the refusal of the fourth", () => pair.InCounters.Closes(CloseReason.TooManyUnauthenticated) == 1);
        silent.ForEach(client => client.Dispose());
        await Eventually.Holds("the end of the three", () => pair.InCounters.Closes(CloseReason.PeerClosed) == 3);
        using var peer = pair.Peer(from: 2);
        peer.Send([1], [1f]);
        (await pair.In.Next<RecordedEvents.Frame>()).Payload.Dispose();
    }

    [Fact]
    public async Task TensOfThousandsOfMalformedInputsLeaveTheListenerAsItWas()
    {
        const int Seed = 20260101;
        const int Proven = 6_000;
        const int Strangers = 4_000;
        const int Parsed = 100_000;
        using var pair = new Pair();
        using var good = pair.Peer(from: 2);
        await Exchange(pair, good);
        var descriptors = Descriptors.Open();
        var random = new Random(Seed);
        for (var i = 0; i < Parsed; i++)
        {
            var input = Garbage(random);
            if (input.Length >= FrameFormat.PrefixBytes
                && FrameFormat.ReadPrefix(input, pair.Options, out var headerBytes, out var elements) is null)
            {
                Assert.InRange(headerBytes, 0, pair.Options.MaxHeaderBytes);
                Assert.InRange(elements * (long)sizeof(float), 0, pair.Options.MaxPayloadBytes);
            }
        }

        for (var i = 0; i < Proven; i++)
        {
            using var bad = pair.Dial(from: 3);
            bad.Send(Garbage(random));
            bad.EndSending();
            Assert.NotEqual(CloseReason.BadMagic, bad.WaitForEnd());
        }

        for (var i = 0; i < Strangers; i++)
        {
            using var stranger = new Socket(SocketType.Stream, ProtocolType.Tcp) { LingerState = new LingerOption(true, 0) };
            stranger.Connect(pair.Listener.Endpoint);
            stranger.Send(Garbage(random));
            stranger.Shutdown(SocketShutdown.Send);
            Assert.Equal(0, ReceiveUntilEnd(stranger));
        }

        var closes = () => Enum.GetValues<CloseReason>().Sum(pair.InCounters.Closes);
        await Eventually.Holds($"{Proven + Strangers} closed connections, seed {Seed}", () => closes() == Proven + Strangers);
        await Eventually.Holds("the descriptors' return", () => Descriptors.Open() <= descriptors + 2);
        await Exchange(pair, good);
        Assert.Equal(1, pair.OutCounters.Opened);
        Assert.True(pair.InCounters.Closes(CloseReason.HeaderCorrupt) > 0 && pair.InCounters.Closes(CloseReason.BadMagic) > 0);
        Assert.Equal(0, pair.Listener.Pool.LentBytes);
    }

    [Fact]
    public void ATakenPortIsNamed()
    {
        using var pair = new Pair();
        var taken = Assert.Throws<PortTakenException>(() => new Pair(Pair.Small with { Listen = pair.Listener.Endpoint }));
        Assert.Contains($"port {pair.Listener.Endpoint.Port} on 127.0.0.1", taken.Message);
    }

    [Fact]
    public void OptionsOutOfRangeAreAllNamedAtOnce()
    {
        var options = new TransportOptions { MaxPayloadBytes = 0, MaxUnauthenticated = 0, HandshakeTimeout = TimeSpan.Zero };
        var errors = Assert.Throws<ArgumentException>(options.Validate).Message;
        Assert.Contains(nameof(options.MaxPayloadBytes), errors);
        Assert.Contains(nameof(options.MaxUnauthenticated), errors);
        Assert.Contains(nameof(options.HandshakeTimeout), errors);
    }

    private static async Task Exchange(Pair pair, TensorPeer peer)
    {
        Assert.Equal(SendOutcome.Accepted, peer.Send("still here"u8, [4f]));
        RecordedEvents.Frame frame;
        do
        {
            frame = await pair.In.Next<RecordedEvents.Frame>();
            frame.Payload.Dispose();
        }
        while (frame.From != 2);
        Assert.Equal("still here"u8.ToArray(), frame.Header);
    }

    private static int ReceiveUntilEnd(Socket socket)
    {
        var total = 0;
        try
        {
            for (int received; (received = socket.Receive(new byte[256])) > 0;)
            {
                total += received;
            }
        }
        catch (SocketException)
        {
            // Reset: the listener closed with our bytes unread.
        }

        return total;
    }

    private static byte[] Frame(byte[] header, int payloadBytes)
    {
        var bytes = new byte[FrameFormat.PrefixBytes + header.Length + payloadBytes];
        FrameFormat.WriteHead(bytes, header, payloadBytes);
        return bytes;
    }

    private static byte[] Malformed(CloseReason reason)
    {
        var bytes = Frame([1, 2, 3], 40);
        switch (reason)
        {
            case CloseReason.BadMagic:
                bytes[0]++;
                break;
            case CloseReason.HeaderTooLarge:
                BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), uint.MaxValue);
                break;
            case CloseReason.PayloadTooLarge:
                BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(12), ulong.MaxValue);
                break;
            case CloseReason.PayloadNotWholeFloats:
                bytes[12]++;
                break;
            case CloseReason.HeaderCorrupt:
                bytes[FrameFormat.PrefixBytes]++;
                break;
            case CloseReason.TruncatedFrame:
                return bytes[..^1];
            default:
                throw new ArgumentOutOfRangeException(nameof(reason));
        }

        return bytes;
    }

    /// <summary>Random bytes, or a valid frame that is cut, or has some bits flipped, or both.</summary>
    private static byte[] Garbage(Random random)
    {
        var bytes = new byte[random.Next(1, 200)];
        random.NextBytes(bytes);
        if (random.Next(3) == 0)
        {
            return bytes;
        }

        var frame = Frame(bytes, 4 * random.Next(50));
        for (var flips = random.Next(1, 4); flips > 0; flips--)
        {
            frame[random.Next(FrameFormat.PrefixBytes + bytes.Length)] ^= (byte)(1 << random.Next(8));
        }

        return random.Next(2) == 0 ? frame : frame[..random.Next(1, frame.Length)];
    }
}
