using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using AtomGrains.Node.Transport;

namespace AtomGrains.Node.Tests.Transport;

[Collection(nameof(WholeProcess))]
public class ConnectionLifeTests
{
    /// <summary>Of every transport here; others do the same otherwise.</summary>
    protected virtual TransportOptions Small => Pair.Small;

    [Fact]
    public async Task AKilledProcessIsNoticed()
    {
        using var pair = new Pair(Small);
        using var process = new RelayProcess(pair.Listener.Endpoint);
        using var peer = pair.Peer(from: 2, endpoint: process.Endpoint);
        peer.Send([1], [1f]);
        (await pair.In.Next<RecordedEvents.Frame>()).Payload.Dispose();

        process.Kill();

        var closed = await pair.In.Next<RecordedEvents.Closed>();
        Assert.Equal(2, closed.Node);
        Assert.Contains(closed.Reason, new[] { CloseReason.PeerClosed, CloseReason.ConnectionReset });
    }

    [Fact]
    public async Task AnIdleLinkNoticesThatItsPeerIsGoneAndDropsUntilItIsBack()
    {
        var pair = new Pair(Small with { ReconnectPauseFirst = TimeSpan.FromHours(1), ReconnectPauseMost = TimeSpan.FromHours(1) });
        using var peer = new TensorPeer(1, pair.Listener.Endpoint, pair.Identity(2), pair.Options, pair.Copies, pair.OutCounters, pair.Out);
        peer.Send([1], [1f]);
        Assert.IsType<RecordedEvents.Opened>(await pair.Out.Next("the link's opening"));

        pair.Dispose();

        var closed = await pair.Out.Next<RecordedEvents.Closed>();
        Assert.Equal((1, LinkDirection.Outgoing), (closed.Node, closed.Direction));
        await Eventually.Holds("the pause's beginning", () => peer.Send([2], [2f]) == SendOutcome.PeerDown);
        Assert.True(pair.OutCounters.Drops(SendOutcome.PeerDown) >= 1);
        Assert.Equal(0, pair.Copies.LentBytes);
    }

    [Fact]
    public async Task APeerThatIsNotThereIsReportedAndTheFrameCounted()
    {
        using var pair = new Pair(Small);
        using var unused = new TcpListener(IPAddress.Loopback, 0);
        unused.Start();
        var nowhere = (IPEndPoint)unused.LocalEndpoint;
        unused.Stop();
        using var peer = pair.Peer(from: 2, endpoint: nowhere);
        peer.Send([1], new float[100_000]);
        Assert.Equal(CloseReason.ConnectFailed, (await pair.Out.Next<RecordedEvents.Closed>()).Reason);
        Assert.Equal(1, pair.OutCounters.Drops(SendOutcome.PeerDown));
        Assert.Equal(0, pair.Copies.LentBytes);
    }

    [Fact]
    public async Task FiveHundredReconnectsLeaveNothingBehind()
    {
        const int Reconnects = 500;
        using var pair = new Pair(Small);
        using var peer = pair.Peer(from: 2);
        var (sockets, threads) = (0, 0);
        for (var i = 0; i <= Reconnects; i++)
        {
            Assert.Equal(SendOutcome.Accepted, peer.Send(BitConverter.GetBytes(i), new float[10_000]));
            var frame = await pair.In.Next<RecordedEvents.Frame>();
            Assert.Equal(i, BitConverter.ToInt32(frame.Header));
            frame.Payload.Dispose();
            if (i == 0)
            {
                (sockets, threads) = (Descriptors.Open(), Process.GetCurrentProcess().Threads.Count);
            }

            if (i % 2 == 0)
            {
                peer.Disconnect();
            }
            else
            {
                pair.Listener.Close(2);
            }

            await pair.Out.Next<RecordedEvents.Closed>();
            await pair.In.Next<RecordedEvents.Closed>();
        }

        Assert.Equal(Reconnects + 1, pair.OutCounters.Opened);
        Assert.Equal(Reconnects + 1, Ends(pair.OutCounters));
        Assert.Equal(Reconnects + 1, Ends(pair.InCounters));
        await Eventually.Holds("the sockets' return", () => Descriptors.Open() <= sockets);
        await Eventually.Holds("the threads' return", () => Process.GetCurrentProcess().Threads.Count <= threads + 4);
        Assert.Equal(0, pair.Copies.LentBytes + pair.Listener.Pool.LentBytes);
    }

    [Fact]
    public async Task ANewerConnectionOfANodeReplacesTheOlder()
    {
        using var pair = new Pair(Small);
        using var older = pair.Dial(from: 2);
        Assert.IsType<RecordedEvents.Opened>(await pair.In.Next("the older one's opening"));
        using var newer = pair.Dial(from: 2);
        var closed = Assert.IsType<RecordedEvents.Closed>(await pair.In.Next("the older one's end"));
        Assert.Equal(CloseReason.ReplacedByNewer, closed.Reason);
        Assert.IsType<RecordedEvents.Opened>(await pair.In.Next("the newer one's opening"));
    }

    [Fact]
    public async Task ASlowReceiverBoundsMemoryOnBothSides()
    {
        const int Elements = 1 << 20;
        const int Frames = 64;
        var options = Small with { MaxPayloadBytes = 4 << 20, ReceivePoolBytes = 16 << 20, MaxQueuedBytesPerPeer = 32 << 20, SocketBufferBytes = 1 << 18 };
        using var pair = new Pair(options);
        using var peer = pair.Peer(from: 2);
        var values = new float[Elements];
        var accepted = 0;
        for (var i = 0; i < Frames; i++)
        {
            accepted += peer.Send(BitConverter.GetBytes(i), values) == SendOutcome.Accepted ? 1 : 0;
            Assert.True(peer.QueuedBytes <= options.MaxQueuedBytesPerPeer);
        }

        await Eventually.Holds("the listener's wait for memory", () => pair.Listener.Pool.Waiting == 1);
        Assert.Equal(16 << 20, pair.Listener.Pool.LentBytes);
        Assert.Equal(4, pair.InCounters.FramesIn);
        // At least what the queue holds, at most that, the pool, and one frame on its way on each side.
        Assert.InRange(accepted, 7, 7 + 4 + 2);
        Assert.Equal(Frames - accepted, pair.OutCounters.Drops(SendOutcome.QueueFull));

        // As the receiver takes them, the rest arrives.
        for (var i = 0; i < accepted; i++)
        {
            (await pair.In.Next<RecordedEvents.Frame>()).Payload.Dispose();
            Assert.True(pair.Listener.Pool.LentBytes + pair.Listener.Pool.IdleBytes <= 16 << 20);
        }

        Assert.Equal(0, pair.Listener.Pool.LentBytes);
    }

    [Fact]
    public async Task DisposeEndsALinkWhosePeerDoesNotRead()
    {
        using var pair = new Pair(Small with { MaxPayloadBytes = 4 << 20, ReceivePoolBytes = 8 << 20 });
        var peer = pair.Peer(from: 2);
        for (var i = 0; i < 8; i++)
        {
            peer.Send([1], new float[1 << 20]);
        }

        await Eventually.Holds("the listener's wait for memory", () => pair.Listener.Pool.Waiting == 1);
        peer.Dispose();
        Assert.Equal(0, pair.Copies.LentBytes);
        Assert.Equal(SendOutcome.Closed, peer.Send([1], [1f]));
    }

    private static long Ends(TransportCounters counters) => Enum.GetValues<CloseReason>().Sum(counters.Closes);
}
