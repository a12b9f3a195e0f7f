namespace AtomGrains.Node.Transport;

/// <summary>Reads the frames of one proven node, on the calling thread, until the connection ends.</summary>
internal sealed class IncomingConnection(
    Wire wire, int node, TransportOptions limits, Func<long> mostPayloadBytes, TensorPool pool, TransportCounters counters, ITensorEvents events)
    : IServedConnection
{
    private readonly CancellationTokenSource _closing = new();
    private readonly Backlog _backlog = new(limits.MaxWaitingHeadBytesPerPeer);
    private readonly ManualResetEventSlim _ended = new();
    private Thread? _runner;

    public void Run()
    {
        _runner = Thread.CurrentThread;
        counters.Open();
        events.OnOpened(node, LinkDirection.Incoming);
        CloseReason? fault;
        do
        {
            fault = ReadFrame();
        }
        while (fault is null);
        var reason = wire.Close(fault.Value);
        counters.Close(reason);
        events.OnClosed(node, LinkDirection.Incoming, reason);
        _ended.Set();
    }

    public void Abandon()
    {
        counters.Close(wire.Close(CloseReason.ClosedHere));
        _ended.Set();
    }

    public void Close(CloseReason reason)
    {
        wire.Close(reason);
        _closing.Cancel();
    }

    public void WaitForEnd()
    {
        if (_runner != Thread.CurrentThread)
        {
            _ended.Wait();
        }
    }

    private CloseReason? ReadFrame()
    {
        Span<byte> prefix = stackalloc byte[FrameFormat.PrefixBytes];
        if (!wire.Receive(prefix, insideFrame: false))
        {
            return wire.Reason;
        }

        if (FrameFormat.ReadPrefix(prefix, limits, out var headerBytes, out var elements) is { } malformed)
        {
            return malformed;
        }

        if (elements * (long)sizeof(float) > mostPayloadBytes())
        {
            return CloseReason.PayloadTooLarge;
        }

        var header = headerBytes == 0 ? [] : new byte[headerBytes];
        if (!wire.Receive(header, insideFrame: true))
        {
            return wire.Reason;
        }

        return FrameFormat.ChecksumMatches(prefix, header) ? ReadPayload(header, elements) : CloseReason.HeaderCorrupt;
    }

    private CloseReason? ReadPayload(byte[] header, int elements)
    {
        TensorBuffer payload;
        try
        {
            _backlog.Enter(header.Length, _closing.Token);
            payload = pool.Rent(elements, _closing.Token);
            payload.CountIn(_backlog, header.Length);
        }
        catch (OperationCanceledException)
        {
            return wire.Reason;
        }

        if (!wire.Receive(payload.Span))
        {
            payload.Dispose();
            return wire.Reason;
        }

        counters.FrameIn(FrameFormat.PrefixBytes + header.Length + payload.Elements * (long)sizeof(float));
        return events.OnFrame(node, header, payload);
    }
}
