using AtomGrains.Node.Transport;

namespace AtomGrains.Node.Tests.Transport;

/// <summary>What a peer has sent and nobody has handled yet is bounded, also where it brings no payload.</summary>
public sealed class WaitingFramesTests
{
    [Fact]
    public async Task FramesThatNobodyHandlesWaitInTheirConnection()
    {
        const int Frames = 20_000;
        const int MostWaiting = 64;
        byte[] header = new byte[512];
        using var pair = new Pair(Pair.Small with { MaxWaitingHeadBytesPerPeer = MostWaiting * 2 * header.Length });
        using var peer = pair.Dial(from: 2);
        var frame = new byte[FrameFormat.PrefixBytes + header.Length];
        FrameFormat.WriteHead(frame, header, payloadBytes: 0);
        var sending = new Thread(() => Array.TrueForAll(new byte[Frames], _ => peer.Send(frame))) { IsBackground = true };
        sending.Start();
        for (var handled = 0; handled < Frames; handled++)
        {
            var next = await pair.In.Next<RecordedEvents.Frame>();
            Assert.InRange(pair.InCounters.FramesIn - handled, 1, MostWaiting);
            next.Payload.Dispose();
        }

        sending.Join();
        Assert.Equal(Frames, pair.InCounters.FramesIn);
    }

    [Fact]
    public async Task AConnectionThatIsNotReadCanBeClosed()
    {
        using var pair = new Pair(Pair.Small with { MaxWaitingHeadBytesPerPeer = 0 });
        using var peer = pair.Peer(from: 2);
        peer.Send([1], []);
        peer.Send([2], []);
        await pair.In.Next<RecordedEvents.Frame>();
        pair.Listener.Close(2);
        Assert.Equal(CloseReason.ClosedHere, (await pair.In.Next<RecordedEvents.Closed>()).Reason);
        Assert.Equal(1, pair.InCounters.FramesIn);
    }

    [Fact]
    public async Task NoMemoryIsTakenForAPayloadLongerThanAnyMessageHas()
    {
        using var pair = new Pair();
        pair.Listener.Expect(4096);
        using var good = pair.Peer(from: 2);
        Assert.Equal(SendOutcome.Accepted, good.Send([1], new float[1024]));
        (await pair.In.Next<RecordedEvents.Frame>()).Payload.Dispose();
        var idle = pair.Listener.Pool.IdleBytes;
        using var bad = pair.Dial(from: 3);
        var head = new byte[FrameFormat.PrefixBytes + 1];
        FrameFormat.WriteHead(head, [1], payloadBytes: 4100);
        bad.Send(head);
        var closed = await pair.In.Next<RecordedEvents.Closed>();
        Assert.Equal(new RecordedEvents.Closed(3, LinkDirection.Incoming, CloseReason.PayloadTooLarge), closed);
        Assert.Equal((0, idle), (pair.Listener.Pool.LentBytes, pair.Listener.Pool.IdleBytes));
    }
}
