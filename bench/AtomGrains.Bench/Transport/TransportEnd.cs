using System.Buffers.Binary;
using System.Net;
using AtomGrains.Node.Transport;
using AtomGrains.Node.Transport.Tls;

namespace AtomGrains.Bench.Transport;

/// <summary>One node with a listener and a link to the other; the child's answers on frames, the parent's measures.</summary>
internal sealed class TransportEnd : IRoundTrip, ITensorEvents
{
    private readonly int _self;
    private readonly bool _echo;
    private readonly RunSecret _secret;
    private readonly TransportOptions _options;
    private readonly TransportCounters _counters = new();
    private readonly TensorPool _copies = new(1L << 30);
    private readonly TensorListener _listener;
    private readonly SemaphoreSlim _answered = new(0);
    private TensorPeer? _peer;
    private TensorBuffer? _payload;

    /// <summary>The child: learns from each header where to answer.</summary>
    public TransportEnd(int self, RunSecret secret, bool echo, TlsFiles? tls)
    {
        _options = new TransportOptions { Tls = tls is null ? null : new TlsCertificates(tls) };
        _self = self;
        _echo = echo;
        _secret = secret;
        _listener = new TensorListener(new TransportIdentity("bench", self, secret), _options, _counters, this);
    }

    /// <summary>The parent.</summary>
    public TransportEnd(IPEndPoint child, RunSecret secret, TlsFiles? tls)
        : this(2, secret, echo: false, tls) => _peer = Link(1, child);

    public IPEndPoint Endpoint => _listener.Endpoint;

    public void Prepare(float[] payload, bool echo)
    {
        _payload = _copies.TryRent(payload.Length)!;
        _payload.Span.Clear();
        for (var i = 0; i < 20; i++)
        {
            if (echo)
            {
                RoundTrip();
            }
            else
            {
                Stream(1);
            }
        }
    }

    public void RoundTrip()
    {
        Send(wantAnswer: true);
        _answered.Wait();
    }

    public void Stream(int count)
    {
        for (var i = 1; i <= count; i++)
        {
            Send(wantAnswer: i == count);
        }

        _answered.Wait();
    }

    public CloseReason? OnFrame(int fromNode, ReadOnlyMemory<byte> header, TensorBuffer payload)
    {
        var answer = BinaryPrimitives.ReadInt32LittleEndian(header.Span);
        if (_self == 2)
        {
            payload.Dispose();
            _answered.Release();
        }
        else if (answer != 0)
        {
            _peer ??= Link(fromNode, new IPEndPoint(IPAddress.Loopback, answer));
            if (!_echo)
            {
                payload.Dispose();
                payload = _copies.TryRent(0)!;
            }

            _peer.Send(header.Span, payload);
        }
        else
        {
            payload.Dispose();
        }

        return null;
    }

    public void OnRefused(IPAddress? from, CloseReason reason)
    {
    }

    public void OnOpened(int node, LinkDirection direction)
    {
    }

    public void OnClosed(int node, LinkDirection direction, CloseReason reason)
    {
    }

    public void Dispose()
    {
        _peer?.Dispose();
        _listener.Dispose();
    }

    private TensorPeer Link(int node, IPEndPoint endpoint) =>
        new(node, endpoint, new TransportIdentity("bench", _self, _secret), _options, _copies, _counters, this);

    private void Send(bool wantAnswer)
    {
        Span<byte> header = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(header, wantAnswer ? Endpoint.Port : 0);
        while (_peer!.Send(header, _payload!.Retain()) != SendOutcome.Accepted)
        {
            // The queue is at its bound: the measured rate is the writer's.
            Thread.Sleep(1);
        }
    }
}
