using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using AtomGrains.Node.Transport;
using AtomGrains.Node.Transport.Tls;
using AtomGrains.Tests.Support.Tls;

namespace AtomGrains.Node.Tests.Transport.Tls;

[Collection(nameof(WholeProcess))]
public sealed class TlsFuzzTests : IDisposable
{
    private readonly Authority _authority = new();

    public void Dispose() => _authority.Dispose();

    [Fact]
    public async Task RubbishAtTheTlsPortLeavesTheListenerAsItWas()
    {
        const int Seed = 20261122;
        const int Strangers = 1_000;
        const int Members = 60;
        var files = _authority.Issue("node").Files;
        using var pair = new Pair(Pair.Small with { Tls = new TlsCertificates(files) });
        using var good = pair.Peer(from: 2);
        await Exchange(pair, good);
        var descriptors = Descriptors.Open();
        var random = new Random(Seed);
        var hello = await Hello(files);
        for (var i = 0; i < Strangers; i++)
        {
            using var stranger = Connect(pair);
            stranger.Send(Rubbish(random, hello));
            stranger.Shutdown(SocketShutdown.Send);
            ReceiveUntilEnd(stranger);
        }

        // Who has a certificate gets one step further: rubbish in place of records, and in them.
        for (var i = 0; i < Members; i++)
        {
            using var member = Connect(pair);
            await using var stream = new SslStream(new NetworkStream(member));
            await stream.AuthenticateAsClientAsync(new TlsCertificates(files).Client());
            var rubbish = Rubbish(random, hello);
            if (i % 2 == 0)
            {
                member.Send(rubbish);
            }
            else
            {
                await stream.WriteAsync(rubbish);
            }

            member.Shutdown(SocketShutdown.Send);
            ReceiveUntilEnd(member);
        }

        await Eventually.Holds($"{Strangers + Members} closed connections, seed {Seed}", () => Enum.GetValues<CloseReason>().Sum(pair.InCounters.Closes) == Strangers + Members);
        await Eventually.Holds("the descriptors' return", () => Descriptors.Open() <= descriptors + 2);
        Assert.All(
            [CloseReason.NotEncrypted, CloseReason.TlsFailed, CloseReason.TlsBroken, CloseReason.HandshakeMalformed],
            reason => Assert.True(pair.InCounters.Closes(reason) > 0, $"none was closed as {reason}, seed {Seed}"));
        await Exchange(pair, good);
        Assert.Equal(1, pair.InCounters.Opened);
        Assert.Equal(0, pair.Listener.Pool.LentBytes);
    }

    /// <summary>The first words of a good caller.</summary>
    private static async Task<byte[]> Hello(TlsFiles files)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var caller = new TcpClient();
        await caller.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        await using var stream = new SslStream(caller.GetStream());
        var handshake = stream.AuthenticateAsClientAsync(new TlsCertificates(files).Client());
        using var called = await listener.AcceptTcpClientAsync();
        var hello = new byte[4096];
        var length = await called.GetStream().ReadAsync(hello);
        called.Close();
        await Assert.ThrowsAnyAsync<Exception>(() => handshake);
        return hello[..length];
    }

    /// <summary>Random bytes, the same as a record of a handshake, or a good hello with some bits flipped, cut or not.</summary>
    private static byte[] Rubbish(Random random, byte[] hello)
    {
        var bytes = new byte[random.Next(1, 400)];
        random.NextBytes(bytes);
        switch (random.Next(4))
        {
            case 0:
                return bytes;
            case 1:
                ((byte[])[22, 3, (byte)random.Next(5), 0, (byte)bytes.Length]).AsSpan(0, Math.Min(5, bytes.Length)).CopyTo(bytes);
                return bytes;
            default:
                var altered = hello.ToArray();
                for (var flips = random.Next(1, 4); flips > 0; flips--)
                {
                    altered[random.Next(altered.Length)] ^= (byte)(1 << random.Next(8));
                }

                return random.Next(2) == 0 ? altered : altered[..random.Next(1, altered.Length)];
        }
    }

    private static Socket Connect(Pair pair)
    {
        // A reset at the end, so that a thousand of these leave no port behind in TIME_WAIT.
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { LingerState = new LingerOption(enable: true, seconds: 0) };
        socket.Connect(pair.Listener.Endpoint);
        return socket;
    }

    private static void ReceiveUntilEnd(Socket socket)
    {
        try
        {
            while (socket.Receive(new byte[4096]) > 0)
            {
                // What it says to a stranger is its certificate at most.
            }
        }
        catch (SocketException)
        {
            // Reset: the listener closed with our bytes unread.
        }
    }

    private static async Task Exchange(Pair pair, TensorPeer peer)
    {
        Assert.Equal(SendOutcome.Accepted, peer.Send("still here"u8, [4f]));
        (await pair.In.Next<RecordedEvents.Frame>()).Payload.Dispose();
    }
}
