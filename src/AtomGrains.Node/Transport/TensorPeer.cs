using System.Net;

namespace AtomGrains.Node.Transport;

/// <summary>
/// The link on which this node sends frames to one other. It connects at the first send. Order is kept within
/// a connection; delivery is not promised: when the connection breaks, what was queued is dropped and counted,
/// and while the peer is down sends are dropped at once, except that after a growing pause one tries again.
/// Send does not wait for the peer, and may be called from any thread.
/// </summary>
public sealed class TensorPeer : IDisposable
{
    private readonly TransportOptions _options;
    private readonly TensorPool _copies;
    private readonly TransportCounters _counters;
    private readonly OutgoingLink _link;

    /// <param name="node">The node wanted; another one at the endpoint refuses.</param>
    /// <param name="endpoint">Where its <see cref="TensorListener"/> listens.</param>
    /// <param name="identity">Who we are.</param>
    /// <param name="options">Bounds; ArgumentException when out of range.</param>
    /// <param name="copies">Memory for payloads that are copied; one pool serves all links of a node.</param>
    /// <param name="counters">Where drops and bytes are counted.</param>
    /// <param name="events">Told when the link opens and closes.</param>
    public TensorPeer(int node, IPEndPoint endpoint, TransportIdentity identity, TransportOptions options, TensorPool copies, TransportCounters counters, ITensorEvents events)
    {
        options.Validate();
        Node = node;
        Endpoint = endpoint;
        _options = options;
        _copies = copies;
        _counters = counters;
        _link = new OutgoingLink(node, endpoint, identity, options, copies, counters, events);
    }

    public int Node { get; }

    public IPEndPoint Endpoint { get; }

    /// <summary>Bytes accepted and not yet handed to the kernel.</summary>
    public long QueuedBytes => _link.QueuedBytes;

    /// <summary>Sends a copy of the payload (float32 elements, may be empty); the caller keeps its memory.</summary>
    public SendOutcome Send(ReadOnlySpan<byte> header, ReadOnlySpan<float> payload)
    {
        CheckSizes(header, payload.Length);
        if (_link.TrySendDirect(header, payload))
        {
            return SendOutcome.Accepted;
        }

        // A copy that would be refused anyway is not made.
        if (_link.Refusal(header.Length, payload.Length) is { } refused)
        {
            _counters.Drop(refused);
            return refused;
        }

        var copy = _copies.TryRent(payload.Length);
        if (copy is null)
        {
            _counters.Drop(SendOutcome.NoMemory);
            return SendOutcome.NoMemory;
        }

        payload.CopyTo(copy.Span);
        return Enqueue(header, copy);
    }

    /// <summary>
    /// Sends without a copy. Takes over the caller's reference, whatever the outcome; retain it first to keep it.
    /// The values must not change until all references are gone.
    /// </summary>
    public SendOutcome Send(ReadOnlySpan<byte> header, TensorBuffer payload)
    {
        CheckSizes(header, payload.Elements);
        if (!_link.TrySendDirect(header, payload.Span))
        {
            return Enqueue(header, payload);
        }

        payload.Dispose();
        return SendOutcome.Accepted;
    }

    /// <summary>Ends the present connection, if there is one, and drops the queue: the peer hangs or was fenced. A later send connects anew.</summary>
    public void Disconnect() => _link.Disconnect();

    /// <summary>Drops what is queued and closes. When it returns, no more events come, unless it is called from inside one.</summary>
    public void Dispose() => _link.Dispose();

    private SendOutcome Enqueue(ReadOnlySpan<byte> header, TensorBuffer payload)
    {
        var head = new byte[FrameFormat.PrefixBytes + header.Length];
        FrameFormat.WriteHead(head, header, payload.Elements * (long)sizeof(float));
        var outcome = _link.Enqueue(new OutgoingFrame(head, payload));
        if (outcome != SendOutcome.Accepted)
        {
            _counters.Drop(outcome);
            payload.Dispose();
        }

        return outcome;
    }

    private void CheckSizes(ReadOnlySpan<byte> header, int elements)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(header.Length, _options.MaxHeaderBytes, nameof(header));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(elements * (long)sizeof(float), _options.MaxPayloadBytes, nameof(elements));
    }
}
