namespace AtomGrains.Node.Transport;

/// <summary>What the transport moved, dropped and refused since it began. Safe to read and write from any thread.</summary>
public sealed class TransportCounters
{
    private readonly long[] _drops = new long[Enum.GetValues<SendOutcome>().Length];
    private readonly long[] _closes = new long[Enum.GetValues<CloseReason>().Length];
    private long _bytesIn;
    private long _bytesOut;
    private long _framesIn;
    private long _framesOut;
    private long _opened;

    /// <summary>Bytes of whole frames, with their framing.</summary>
    public long BytesIn => Interlocked.Read(ref _bytesIn);

    public long BytesOut => Interlocked.Read(ref _bytesOut);

    public long FramesIn => Interlocked.Read(ref _framesIn);

    /// <summary>Frames handed to the kernel; some of them may have been lost with their connection.</summary>
    public long FramesOut => Interlocked.Read(ref _framesOut);

    /// <summary>Connections that passed the handshake, both directions.</summary>
    public long Opened => Interlocked.Read(ref _opened);

    /// <summary>Frames that were handed to a link and never reached the kernel, by cause.</summary>
    public long Drops(SendOutcome cause) => Interlocked.Read(ref _drops[(int)cause]);

    /// <summary>Connections that ended or were refused for this reason, proven or not.</summary>
    public long Closes(CloseReason reason) => Interlocked.Read(ref _closes[(int)reason]);

    internal void FrameIn(long bytes)
    {
        Interlocked.Increment(ref _framesIn);
        Interlocked.Add(ref _bytesIn, bytes);
    }

    internal void FrameOut(long bytes)
    {
        Interlocked.Increment(ref _framesOut);
        Interlocked.Add(ref _bytesOut, bytes);
    }

    internal void Open() => Interlocked.Increment(ref _opened);

    internal void Drop(SendOutcome cause) => Interlocked.Increment(ref _drops[(int)cause]);

    internal void Close(CloseReason reason) => Interlocked.Increment(ref _closes[(int)reason]);
}
