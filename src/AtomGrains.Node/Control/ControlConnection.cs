using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using AtomGrains.Node.Transport;

namespace AtomGrains.Node.Control;

/// <summary>
/// One proven control connection, the same on both sides. A message is its length (u32, little-endian) and
/// that many bytes of JSON. The sender's thread writes while the peer keeps up; only for a peer that doesn't, there is a
/// bounded queue, emptied by a thread that starts when it is first needed.
/// </summary>
internal sealed class ControlConnection<T>(
    Wire wire, int node, ControlOptions options, JsonTypeInfo<T> contract, TransportCounters counters, IControlEvents<T> events)
    : IServedConnection
{
    private const int PrefixBytes = sizeof(uint);
    private const int StackBytes = 512 * 1024;

    /// <summary>Up to here a write cannot block once the socket says that it has room.</summary>
    private const int DirectBytes = 32 * 1024;

    private readonly object _gate = new();
    private readonly Queue<byte[]> _queue = new();
    private readonly ManualResetEventSlim _ended = new();
    private long _queuedBytes;
    private Thread? _runner;
    private Thread? _writer;
    private volatile bool _leaving;

    public void Run()
    {
        _runner = Thread.CurrentThread;
        counters.Open();
        events.OnConnected(node);
        var message = new byte[1024];
        CloseReason? fault;
        do
        {
            fault = ReadMessage(ref message);
        }
        while (fault is null);
        var reason = wire.Close(fault.Value);
        if (_leaving && reason == CloseReason.PeerClosed)
        {
            // The peer only answered our goodbye.
            reason = CloseReason.ClosedHere;
        }

        lock (_gate)
        {
            Monitor.PulseAll(_gate);
        }

        _writer?.Join();
        counters.Close(reason);
        events.OnClosed(node, reason);
        _ended.Set();
    }

    public void Abandon()
    {
        counters.Close(wire.Close(CloseReason.ClosedHere));
        _ended.Set();
    }

    public void Close(CloseReason reason) => wire.Close(reason);

    public void WaitForEnd()
    {
        if (_runner != Thread.CurrentThread)
        {
            _ended.Wait();
        }
    }

    /// <summary>Writes or queues. False: the connection is gone, or goes now because its queue is full.</summary>
    public bool Send(T message)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(message, contract);
        if (json.Length > options.MaxMessageBytes)
        {
            throw new ArgumentException($"a control message of {json.Length} bytes; allowed: at most {options.MaxMessageBytes}", nameof(message));
        }

        var framed = new byte[PrefixBytes + json.Length];
        BinaryPrimitives.WriteInt32LittleEndian(framed, json.Length);
        json.CopyTo(framed, PrefixBytes);
        lock (_gate)
        {
            if (wire.Reason is not null || _leaving)
            {
                return false;
            }

            if (_queuedBytes == 0 && framed.Length <= DirectBytes && wire.CanSendSmall())
            {
                return Written(framed);
            }

            return Queued(framed);
        }
    }

    /// <summary>Lets what was sent arrive, says goodbye, and closes; within the goodbye timeout.</summary>
    public void Leave()
    {
        var deadline = Environment.TickCount64 + (long)options.GoodbyeTimeout.TotalMilliseconds;
        lock (_gate)
        {
            _leaving = true;
            while (_queuedBytes > 0 && wire.Reason is null && deadline - Environment.TickCount64 is > 0 and var left)
            {
                Monitor.Wait(_gate, (int)left);
            }
        }

        wire.EndSending();
        if (_runner != Thread.CurrentThread)
        {
            _ended.Wait((int)Math.Max(0, deadline - Environment.TickCount64));
        }

        wire.Close(CloseReason.ClosedHere);
        WaitForEnd();
    }

    private bool Queued(byte[] framed)
    {
        if (_queuedBytes + framed.Length > options.MaxQueuedBytes)
        {
            wire.Close(CloseReason.QueueOverflow);
            return false;
        }

        _queue.Enqueue(framed);
        _queuedBytes += framed.Length;
        if (_writer is null)
        {
            _writer = new Thread(WriteQueue, StackBytes) { IsBackground = true, Name = $"control to {node}" };
            _writer.Start();
        }

        Monitor.PulseAll(_gate);
        return true;
    }

    private void WriteQueue()
    {
        while (true)
        {
            byte[] framed;
            lock (_gate)
            {
                while (_queue.Count == 0 && wire.Reason is null)
                {
                    Monitor.Wait(_gate);
                }

                if (wire.Reason is not null)
                {
                    return;
                }

                framed = _queue.Dequeue();
            }

            Written(framed);
            lock (_gate)
            {
                // Counted until written, or a direct write could overtake it.
                _queuedBytes -= framed.Length;
                Monitor.PulseAll(_gate);
            }
        }
    }

    private bool Written(byte[] framed)
    {
        if (!wire.Send(framed))
        {
            return false;
        }

        counters.FrameOut(framed.Length);
        return true;
    }

    private CloseReason? ReadMessage(ref byte[] buffer)
    {
        Span<byte> prefix = stackalloc byte[PrefixBytes];
        if (!wire.Receive(prefix, insideFrame: false))
        {
            return wire.Reason;
        }

        var length = BinaryPrimitives.ReadUInt32LittleEndian(prefix);
        if (length > options.MaxMessageBytes)
        {
            return CloseReason.MessageTooLarge;
        }

        if (length > buffer.Length)
        {
            buffer = new byte[Math.Min(options.MaxMessageBytes, Math.Max((int)length, buffer.Length * 2))];
        }

        var json = buffer.AsSpan(0, (int)length);
        if (!wire.Receive(json, insideFrame: true))
        {
            return wire.Reason;
        }

        T? message;
        try
        {
            message = JsonSerializer.Deserialize(json, contract);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            return CloseReason.MalformedMessage;
        }

        if (message is null)
        {
            return CloseReason.MalformedMessage;
        }

        counters.FrameIn(PrefixBytes + length);
        events.OnMessage(node, message);
        return null;
    }
}
