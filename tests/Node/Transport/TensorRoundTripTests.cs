using System.Runtime.InteropServices;
using AtomGrains.Node.Transport;

namespace AtomGrains.Node.Tests.Transport;

public class TensorRoundTripTests
{
    /// <summary>Of every transport here; others do the same otherwise.</summary>
    protected virtual TransportOptions Small => Pair.Small;

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(65536, 0)]
    [InlineData(65536, 3_000_001)]
    [InlineData(17, 1024)]
    [InlineData(17, 16 * 1024)]
    [InlineData(40, 262_144)]
    public async Task AFrameArrivesWithTheSameBits(int headerBytes, int elements)
    {
        using var pair = new Pair(Small);
        using var peer = pair.Peer(from: 2);
        var header = new byte[headerBytes];
        var values = RandomBits(elements);
        Random.Shared.NextBytes(header);

        // Twice: the first waits for the connection, the second may take the direct path.
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(SendOutcome.Accepted, peer.Send(header, values));
            var frame = await pair.In.Next<RecordedEvents.Frame>();
            Assert.Equal(2, frame.From);
            Assert.Equal(header, frame.Header);
            Assert.Equal(elements, frame.Payload.Elements);
            Assert.True(MemoryMarshal.AsBytes(values.AsSpan()).SequenceEqual(MemoryMarshal.AsBytes(frame.Payload.Span)));
            frame.Payload.Dispose();
        }

        Assert.Equal(0, pair.Listener.Pool.LentBytes);
    }

    [Fact]
    public async Task FramesOfAllSizesArriveInTheOrderSent()
    {
        using var pair = new Pair(Small);
        using var peer = pair.Peer(from: 2);
        var random = new Random(7);
        const int Frames = 2000;
        var lengths = new int[Frames];
        for (var i = 0; i < Frames; i++)
        {
            lengths[i] = random.Next(3) == 0 ? random.Next(20_000) : random.Next(200);
            Assert.Equal(SendOutcome.Accepted, peer.Send(BitConverter.GetBytes(i), new float[lengths[i]]));
        }

        for (var i = 0; i < Frames; i++)
        {
            var frame = await pair.In.Next<RecordedEvents.Frame>();
            Assert.Equal(i, BitConverter.ToInt32(frame.Header));
            Assert.Equal(lengths[i], frame.Payload.Elements);
            frame.Payload.Dispose();
        }

        Assert.Equal(Frames, pair.InCounters.FramesIn);
        Assert.Equal(pair.OutCounters.BytesOut, pair.InCounters.BytesIn);
        Assert.Equal(0, pair.Copies.LentBytes);
    }

    [Fact]
    public async Task WhatASocketTakesInPartArrivesWholeAndInOrder()
    {
        using var pair = new Pair(Small with { SocketBufferBytes = 1 << 14 });
        using var peer = pair.Peer(from: 2);
        peer.Send([0], []);
        (await pair.In.Next<RecordedEvents.Frame>()).Payload.Dispose();

        // Far more than the buffers of both ends: each first frame of a burst is begun directly and ended by the writer.
        for (byte burst = 1; burst <= 20; burst++)
        {
            var values = RandomBits(1_000_003);
            var afterwards = RandomBits(burst);
            Assert.Equal(SendOutcome.Accepted, peer.Send([burst], values));
            Assert.Equal(SendOutcome.Accepted, peer.Send([burst], afterwards));
            Array.Clear(values, 0, 1000); // the caller's memory is the caller's again
            foreach (var sent in (float[][])[values, afterwards])
            {
                var frame = await pair.In.Next<RecordedEvents.Frame>();
                var skipped = sent == values ? 1000 : 0;
                Assert.Equal(burst, frame.Header[0]);
                Assert.Equal(sent.Length, frame.Payload.Elements);
                Assert.True(MemoryMarshal.AsBytes(sent.AsSpan(skipped)).SequenceEqual(MemoryMarshal.AsBytes(frame.Payload.Span[skipped..])));
                frame.Payload.Dispose();
            }
        }

        await Eventually.Holds("the copies' return", () => pair.Copies.LentBytes == 0);
    }

    [Fact]
    public async Task OneBufferGoesToManyPeersAndIsReturnedAfterTheLast()
    {
        using var first = new Pair(Small);
        using var second = new Pair(Small);
        using var toFirst = first.Peer(from: 2);
        using var toSecond = second.Peer(from: 2);
        var buffer = first.Copies.TryRent(100_000)!;
        buffer.Span.Fill(1.5f);

        Assert.Equal(SendOutcome.Accepted, toFirst.Send([1], buffer.Retain()));
        Assert.Equal(SendOutcome.Accepted, toSecond.Send([2], buffer));

        Assert.Equal(1.5f, (await first.In.Next<RecordedEvents.Frame>()).Payload.Span[^1]);
        Assert.Equal(1.5f, (await second.In.Next<RecordedEvents.Frame>()).Payload.Span[^1]);
        await Eventually.Holds("the buffer's return", () => first.Copies.LentBytes == 0);
    }

    [Fact]
    public async Task SixteenNodesTalkToOneAtOnce()
    {
        using var pair = new Pair(Small);
        const int Peers = 16;
        const int Frames = 50;
        var peers = Enumerable.Range(2, Peers).Select(node => (Node: node, Peer: pair.Peer(node))).ToList();
        for (var i = 0; i < Frames; i++)
        {
            foreach (var (node, peer) in peers)
            {
                var values = new float[10_000];
                values.AsSpan().Fill(node);
                Assert.Equal(SendOutcome.Accepted, peer.Send(BitConverter.GetBytes(i), values));
            }
        }

        var next = new Dictionary<int, int>();
        for (var i = 0; i < Peers * Frames; i++)
        {
            var frame = await pair.In.Next<RecordedEvents.Frame>();
            var expected = next.GetValueOrDefault(frame.From);
            Assert.Equal(expected, BitConverter.ToInt32(frame.Header));
            Assert.Equal(frame.From, frame.Payload.Span[9_999]);
            next[frame.From] = expected + 1;
            frame.Payload.Dispose();
        }
    }

    private static float[] RandomBits(int elements)
    {
        var values = new float[elements];
        Random.Shared.NextBytes(MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }
}
