using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace AtomGrains.Node.Transport;

/// <summary>
/// Queue and threads of a <see cref="TensorPeer"/>: a writer that connects and writes, and for the life of each
/// connection a watcher that waits for its end, so that a dead peer is noticed even while nothing is sent.
/// </summary>
internal sealed class OutgoingLink : IDisposable
{
    /// <summary>Head and beginning of a payload leave in one call; a small frame as a whole.</summary>
    private const int DirectBytes = 16 * 1024;

    private const int StackBytes = 512 * 1024;

    private readonly object _gate = new();
    private readonly int _node;
    private readonly IPEndPoint _endpoint;
    private readonly TransportOptions _options;
    private readonly Handshake _handshake;
    private readonly TensorPool _copies;
    private readonly TransportCounters _counters;
    private readonly ITensorEvents _events;
    private readonly Backoff _backoff;
    private readonly Queue<OutgoingFrame> _queue = new();
    private readonly byte[] _direct = new byte[DirectBytes];
    private readonly Thread _writer;
    private Thread? _watcher;
    private Wire? _wire;
    private long _queuedBytes;
    private bool _open;
    private bool _writing;
    private bool _disposed;

    public OutgoingLink(int node, IPEndPoint endpoint, TransportIdentity identity, TransportOptions options, TensorPool copies, TransportCounters counters, ITensorEvents events)
    {
        _node = node;
        _endpoint = endpoint;
        _options = options;
        _handshake = new Handshake(identity, Handshake.Channel.Tensor, options.HandshakeTimeout, options.Tls);
        _copies = copies;
        _counters = counters;
        _events = events;
        _backoff = new Backoff(options.ReconnectPauseFirst, options.ReconnectPauseMost);
        _writer = new Thread(Run, StackBytes) { IsBackground = true, Name = $"tensors to {node}" };
    }

    public long QueuedBytes => Interlocked.Read(ref _queuedBytes);

    private static TimeSpan Now => Stopwatch.GetElapsedTime(0);

    /// <summary>Why a frame of this size would not be accepted now; null when it would.</summary>
    public SendOutcome? Refusal(int headerBytes, int elements)
    {
        lock (_gate)
        {
            return Refusal(FrameFormat.PrefixBytes + headerBytes + elements * (long)sizeof(float));
        }
    }

    /// <summary>
    /// Writes a frame at once, if it is its turn: what the socket has room for goes straight from the caller's memory, and
    /// only the rest is copied and left to the writer. One copy and one thread hop less for most slices.
    /// </summary>
    /// <returns>False: nothing of it was written, as always where it is to be enciphered.</returns>
    public bool TrySendDirect(ReadOnlySpan<byte> header, ReadOnlySpan<float> payload)
    {
        if (_options.Tls is not null)
        {
            return false;
        }

        var bytes = MemoryMarshal.AsBytes(payload);
        lock (_gate)
        {
            // Memory for the rest is taken first: a frame once begun has to be finished.
            if (!_open || _writing || _queue.Count > 0 || FrameFormat.PrefixBytes + header.Length > _direct.Length || _copies.TryRent(payload.Length) is not { } rest)
            {
                return false;
            }

            var head = FrameFormat.WriteHead(_direct, header, bytes.Length);
            var together = Math.Min(bytes.Length, _direct.Length - head);
            bytes[..together].CopyTo(_direct.AsSpan(head));
            var written = _wire!.SendNow(_direct.AsSpan(0, head + together));
            if (written == head + together && together < bytes.Length)
            {
                written += _wire.SendNow(bytes[together..]);
            }

            if (written > 0 && written < head + bytes.Length && _wire.Reason is null)
            {
                payload.CopyTo(rest.Span);
                Add(new OutgoingFrame(_direct[..head], rest, written));
                return true;
            }

            rest.Dispose();
            if (written != head + bytes.Length)
            {
                return false;
            }

            _counters.FrameOut(written);
            return true;
        }
    }

    /// <summary>Takes the frame over only when the outcome is Accepted.</summary>
    public SendOutcome Enqueue(OutgoingFrame frame)
    {
        lock (_gate)
        {
            if (Refusal(frame.Bytes) is { } refused)
            {
                return refused;
            }

            Add(frame);
            return SendOutcome.Accepted;
        }
    }

    public void Disconnect()
    {
        lock (_gate)
        {
            _wire?.Close(CloseReason.ClosedHere);
        }
    }

    public void Dispose()
    {
        Thread? watcher;
        lock (_gate)
        {
            _disposed = true;
            _wire?.Close(CloseReason.ClosedHere);
            DropQueue(SendOutcome.Closed);
            Monitor.PulseAll(_gate);
            watcher = _watcher;
        }

        if (_writer.IsAlive && Thread.CurrentThread != _writer && Thread.CurrentThread != watcher)
        {
            _writer.Join();
        }
    }

    private SendOutcome? Refusal(long bytes) =>
        _disposed ? SendOutcome.Closed
        : _wire is null && !_backoff.MayTry(Now) ? SendOutcome.PeerDown
        : _queuedBytes > 0 && _queuedBytes + bytes > _options.MaxQueuedBytesPerPeer ? SendOutcome.QueueFull
        : null;

    private void Add(OutgoingFrame frame)
    {
        _queue.Enqueue(frame);
        _queuedBytes += frame.Bytes;
        if (_writer.ThreadState.HasFlag(System.Threading.ThreadState.Unstarted))
        {
            _writer.Start();
        }

        Monitor.PulseAll(_gate);
    }

    private void Run()
    {
        var frames = new FrameWriter();
        while (WaitForWork())
        {
            var wire = Open(out var reason);
            if (wire is not null)
            {
                Pump(wire, frames);
            }
            else
            {
                Settle(_backoff.Failed);
                _counters.Close(reason);
                _events.OnClosed(_node, LinkDirection.Outgoing, reason);
            }
        }
    }

    private bool WaitForWork()
    {
        lock (_gate)
        {
            while (_queue.Count == 0 && !_disposed)
            {
                Monitor.Wait(_gate);
            }

            return !_disposed;
        }
    }

    private Wire? Open(out CloseReason reason)
    {
        reason = CloseReason.ConnectFailed;
        Wire wire;
        try
        {
            wire = new Wire(new Socket(_endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp), _options.SocketBufferBytes);
        }
        catch (SocketException)
        {
            // No descriptor left for now; like a peer that does not answer.
            return null;
        }

        lock (_gate)
        {
            if (_disposed)
            {
                reason = wire.Close(CloseReason.ClosedHere);
                return null;
            }

            // Known before it is connected, so that Disconnect and Dispose can end the attempt.
            _wire = wire;
        }

        return Dialler.Dial(wire, _endpoint, _node, _handshake, _options.HandshakeTimeout, out reason) ? wire : null;
    }

    /// <summary>Writes queued frames until the connection ends.</summary>
    private void Pump(Wire wire, FrameWriter frames)
    {
        _counters.Open();
        _events.OnOpened(_node, LinkDirection.Outgoing);
        var watcher = new Thread(() => Watch(wire), StackBytes) { IsBackground = true, Name = $"watch {_node}" };
        lock (_gate)
        {
            _watcher = watcher;
            _open = true;
        }

        watcher.Start();
        while (Next(wire) is { } frame)
        {
            var written = frames.Write(wire, frame);
            lock (_gate)
            {
                _writing = false;
                _queuedBytes -= frame.Bytes;
            }

            if (written)
            {
                _counters.FrameOut(frame.Bytes);
            }
            else
            {
                _counters.Drop(SendOutcome.PeerDown);
            }

            frame.Payload.Dispose();
        }

        // The watcher's closed event must come before the next opening.
        watcher.Join();
    }

    private OutgoingFrame? Next(Wire wire)
    {
        lock (_gate)
        {
            while (_queue.Count == 0 && wire.Reason is null)
            {
                Monitor.Wait(_gate);
            }

            _writing = wire.Reason is null;
            return _writing ? _queue.Dequeue() : null;
        }
    }

    private void Watch(Wire wire)
    {
        var reason = wire.WaitForEnd();

        // Before the event, so that what is sent in answer to it belongs to the next connection.
        Settle(_backoff.Ended);
        _counters.Close(reason);
        _events.OnClosed(_node, LinkDirection.Outgoing, reason);
    }

    private void Settle(Action<TimeSpan> pause)
    {
        lock (_gate)
        {
            _open = false;
            _wire = null;
            pause(Now);
            DropQueue(SendOutcome.PeerDown);
            Monitor.PulseAll(_gate);
        }
    }

    private void DropQueue(SendOutcome cause)
    {
        while (_queue.TryDequeue(out var frame))
        {
            _queuedBytes -= frame.Bytes;
            _counters.Drop(cause);
            frame.Payload.Dispose();
        }
    }
}
