using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Authentication;
using AtomGrains.Node.Transport;
using AtomGrains.Node.Transport.Tls;
using AtomGrains.Tests.Support.Tls;

namespace AtomGrains.Node.Tests.Transport.Tls;

/// <summary>Tensor connections prove by certificates that both ends are of the cluster, and are for nobody else to read or alter.</summary>
[Collection(nameof(WholeProcess))]
public sealed class TlsTransportTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Authority _authority = new();
    private readonly Authority _other = new();
    private readonly TlsFiles _files;

    public TlsTransportTests() => _files = _authority.Issue("node").Files;

    public void Dispose()
    {
        _authority.Dispose();
        _other.Dispose();
    }

    [Theory]
    [InlineData("plain text", CloseReason.NotEncrypted)]
    [InlineData("another authority", CloseReason.CertificateUntrusted)]
    [InlineData("expired", CloseReason.CertificateExpired)]
    public async Task APeerWithoutProofIsRefusedWithTheReasonAndNoOtherIsHurt(string peer, CloseReason reason)
    {
        using var pair = new Pair(With(_files));
        using var good = pair.Peer(from: 2);
        await Exchange(pair, good);

        using var bad = pair.Peer(from: 3, options: peer switch
        {
            "plain text" => Pair.Small,
            "another authority" => With(_other.Issue("stranger").Files with { Authority = _files.Authority }),
            _ => With(_authority.Issue("expired", hours: -0.5).Files),
        });
        bad.Send([1], [1f]);

        Assert.Equal(new RecordedEvents.Refused(IPAddress.Loopback, reason), await pair.In.Next<RecordedEvents.Refused>());
        Assert.Equal(new RecordedEvents.Closed(1, LinkDirection.Outgoing, CloseReason.HandshakeRefused), await pair.Out.Next<RecordedEvents.Closed>());
        Assert.Equal(1, pair.InCounters.Closes(reason));
        await Exchange(pair, good);
        Assert.Equal(1, pair.InCounters.Opened);
    }

    [Theory]
    [InlineData(SslProtocols.Tls13, CloseReason.CertificateMissing)]
    [InlineData(SslProtocols.Tls12, CloseReason.TlsFailed)]
    public async Task ACallerWithoutACertificateOrOfAnOldVersionIsRefused(SslProtocols version, CloseReason reason)
    {
        using var pair = new Pair(With(_files));
        using var caller = new TcpClient();
        await caller.ConnectAsync(pair.Listener.Endpoint);
        await using var stream = new SslStream(caller.GetStream());
        try
        {
            await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "", EnabledSslProtocols = version, RemoteCertificateValidationCallback = (_, _, _, _) => true });
            Assert.Equal(0, await stream.ReadAsync(new byte[1]));
        }
        catch (Exception error) when (error is AuthenticationException or IOException)
        {
            // The sooner the better.
        }

        Assert.Equal(reason, (await pair.In.Next<RecordedEvents.Refused>()).Reason);
        Assert.Equal(0, pair.InCounters.Opened);
    }

    [Fact]
    public async Task AListenerOfAnotherAuthorityGetsNoFrame()
    {
        using var pair = new Pair(With(_other.Issue("impostor").Files with { Authority = _files.Authority }));
        using var peer = pair.Peer(from: 2, options: With(_files));
        peer.Send([1], [1f]);
        Assert.Equal(CloseReason.CertificateUntrusted, (await pair.Out.Next<RecordedEvents.Closed>()).Reason);
        Assert.Equal(CloseReason.PeerClosed, (await pair.In.Next<RecordedEvents.Refused>()).Reason);
        Assert.Equal(0, pair.InCounters.Opened);
    }

    [Fact]
    public async Task AListenerThatDoesNotEncryptGetsNoFrame()
    {
        using var pair = new Pair();
        using var peer = pair.Peer(from: 2, options: With(_files));
        peer.Send([1], [1f]);
        Assert.Equal(CloseReason.HandshakeRefused, (await pair.Out.Next<RecordedEvents.Closed>()).Reason);
        Assert.Equal(CloseReason.HandshakeMalformed, (await pair.In.Next<RecordedEvents.Refused>()).Reason);
    }

    [Fact]
    public async Task AMemberOfTheClusterWithoutTheRunsSecretIsRefused()
    {
        using var pair = new Pair(With(_files));
        using var peer = pair.Peer(from: 2, identity: new TransportIdentity("run", 2, RunSecret.Create()));
        peer.Send([1], [1f]);
        Assert.Equal(CloseReason.HandshakeRefused, (await pair.Out.Next<RecordedEvents.Closed>()).Reason);
        Assert.Equal(CloseReason.WrongSecret, (await pair.In.Next<RecordedEvents.Refused>()).Reason);
    }

    [Fact]
    public async Task AMemberBetweenTwoNodesCannotPassTheirProofsOn()
    {
        using var pair = new Pair(With(_files));
        var own = new TlsCertificates(_authority.Issue("between").Files);
        using var between = new TcpListener(IPAddress.Loopback, 0);
        between.Start();
        using var peer = pair.Peer(from: 2, endpoint: (IPEndPoint)between.LocalEndpoint);
        peer.Send([1], [1f]);

        using var caller = await between.AcceptTcpClientAsync();
        await using var dialler = new SslStream(caller.GetStream());
        await dialler.AuthenticateAsServerAsync(own.Server());
        using var onward = new TcpClient();
        await onward.ConnectAsync(pair.Listener.Endpoint);
        await using var target = new SslStream(onward.GetStream());
        await target.AuthenticateAsClientAsync(own.Client());
        _ = target.CopyToAsync(dialler);
        _ = dialler.CopyToAsync(target);

        Assert.Equal(CloseReason.WrongSecret, (await pair.In.Next<RecordedEvents.Refused>()).Reason);
        Assert.Equal(0, pair.InCounters.Opened);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AStrangerWhoSaysNothingIsClosedAfterTheHandshakeTimeout(bool behindTls)
    {
        using var pair = new Pair(With(_files) with { HandshakeTimeout = TimeSpan.FromMilliseconds(behindTls ? 500 : 50) });
        using var silent = new TcpClient();
        await silent.ConnectAsync(pair.Listener.Endpoint);
        await using var stream = new SslStream(silent.GetStream());
        if (behindTls)
        {
            await stream.AuthenticateAsClientAsync(new TlsCertificates(_files).Client());
        }

        Assert.Equal(CloseReason.HandshakeTimeout, (await pair.In.Next<RecordedEvents.Refused>()).Reason);
        await silent.GetStream().CopyToAsync(Stream.Null);
    }

    [Fact]
    public async Task EachConnectionTakesTheFilesAsTheyAreThenAndLivingOnesGoOn()
    {
        using var pair = new Pair(With(_files));
        using var peer = pair.Peer(from: 2);
        using var newcomer = pair.Peer(from: 3);
        await Exchange(pair, peer);

        // What nobody may use any more hurts no connection that is proven, and opens none.
        _authority.Issue("node", hours: -0.5);
        newcomer.Send([1], [1f]);
        Assert.Equal(CloseReason.CertificateExpired, (await pair.Out.Next<RecordedEvents.Closed>()).Reason);
        await Exchange(pair, peer);

        var (_, serial) = _authority.Issue("node");
        await Exchange(pair, newcomer);
        await Exchange(pair, peer);
        Assert.Equal(2, pair.InCounters.Opened);
        using var caller = new TcpClient();
        await caller.ConnectAsync(pair.Listener.Endpoint);
        await using var stream = new SslStream(caller.GetStream());
        await stream.AuthenticateAsClientAsync(new TlsCertificates(_files).Client());
        Assert.Equal(serial, stream.RemoteCertificate!.GetSerialNumberString());
    }

    [Fact]
    public async Task AProcessThatBeginsInTheMiddleOfARenewalWaitsForItsEnd()
    {
        var key = File.ReadAllText(_files.Key);
        var (_, serial) = _authority.Issue("node");
        var renewed = File.ReadAllText(_files.Key);
        File.WriteAllText(_files.Key, key);
        Assert.Equal(
            $"{_files.Certificate}, {_files.Key} and {_files.Authority} cannot be used together: the key is not the certificate's",
            Assert.Throws<InvalidDataException>(() => TlsCertificates.WhenWhole(_files, TimeSpan.Zero)).Message);
        var waiting = Task.Run(() => TlsCertificates.WhenWhole(_files, Patience));
        File.WriteAllText(_files.Key, renewed);
        Assert.Equal(serial, (await waiting).Server().ServerCertificateContext!.TargetCertificate.SerialNumber);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task APeerThatEndsInsideAFrameTakesNothingAlong(bool killed)
    {
        using var pair = new Pair(With(_files));
        using var good = pair.Peer(from: 2);
        await Exchange(pair, good);
        using var process = new RelayProcess(pair.Listener.Endpoint);
        using var bad = pair.Dial(from: 3, killed ? process.Endpoint : null);
        var frame = new byte[FrameFormat.PrefixBytes + 1 + 4_000_000];
        FrameFormat.WriteHead(frame, [7], 4_000_000);
        bad.Send(frame.AsSpan(0, 3_000_001));
        await Eventually.Holds("memory for the frame", () => pair.Listener.Pool.LentBytes > 0);
        if (killed)
        {
            process.Kill();
        }
        else
        {
            bad.EndSending();
        }

        var closed = await pair.In.Next<RecordedEvents.Closed>();
        Assert.Equal(3, closed.Node);
        Assert.Contains(closed.Reason, new[] { CloseReason.TruncatedFrame, CloseReason.ConnectionReset });
        Assert.Equal(0, pair.Listener.Pool.LentBytes);
        await Exchange(pair, good);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task NobodyBetweenTwoNodesReadsAHeaderOrAPayload(bool encrypts)
    {
        using var pair = new Pair(encrypts ? With(_files) : Pair.Small);
        using var relay = new TappedRelay(pair.Listener.Endpoint);
        using var peer = pair.Peer(from: 2, endpoint: relay.Endpoint);
        var header = "a header that is known again"u8.ToArray();
        var payload = Enumerable.Range(1, 100_000).Select(value => value / 7f).ToArray();
        peer.Send(header, payload);
        (await pair.In.Next<RecordedEvents.Frame>()).Payload.Dispose();

        var heard = relay.Heard;
        var middle = MemoryMarshal.AsBytes(payload.AsSpan())[200_000..200_016];
        Assert.True(heard.Length > 400_000);
        Assert.Equal(encrypts, heard.AsSpan().IndexOf(header) < 0);
        Assert.Equal(encrypts, heard.AsSpan().IndexOf(middle) < 0);
    }

    [Fact]
    public async Task WhatIsAlteredUnderWayClosesTheConnectionUnread()
    {
        using var pair = new Pair(With(_files));
        using var relay = new TappedRelay(pair.Listener.Endpoint);
        using var peer = pair.Peer(from: 2, endpoint: relay.Endpoint);
        await Exchange(pair, peer);
        relay.Alters = true;
        peer.Send([2], new float[100]);
        Assert.Equal(new RecordedEvents.Closed(2, LinkDirection.Incoming, CloseReason.TlsBroken), await pair.In.Next<RecordedEvents.Closed>());
        Assert.Equal(1, pair.InCounters.FramesIn);
    }

    [Fact]
    public async Task NoCallOnTheSocketIsAsynchronous()
    {
        const int GetFlags = 3;
        const int NonBlocking = 0x800;
        using var pair = new Pair(With(_files));
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using var wire = new Wire(socket, 1 << 16);
        var handshake = new Handshake(pair.Identity(2), Handshake.Channel.Tensor, Patience, pair.Options.Tls);
        Assert.True(Dialler.Dial(wire, pair.Listener.Endpoint, Pair.ListenerNode, handshake, Patience, out _));
        var frame = new byte[FrameFormat.PrefixBytes + 1];
        FrameFormat.WriteHead(frame, [7], 0);
        Assert.True(wire.Send(frame));
        (await pair.In.Next<RecordedEvents.Frame>()).Payload.Dispose();
        Assert.Equal(0, Control((int)socket.Handle, GetFlags, 0) & NonBlocking);
    }

    private static TransportOptions With(TlsFiles files) => Pair.Small with { Tls = new TlsCertificates(files) };

    private static async Task Exchange(Pair pair, TensorPeer peer)
    {
        Assert.Equal(SendOutcome.Accepted, peer.Send("still here"u8, [4f]));
        var frame = await pair.In.Next<RecordedEvents.Frame>();
        Assert.Equal("still here"u8.ToArray(), frame.Header);
        frame.Payload.Dispose();
    }

    [DllImport("libc", EntryPoint = "fcntl")]
    private static extern int Control(int descriptor, int command, int argument);
}
