using System.Net;

namespace AtomGrains.Node.Transport;

/// <summary>
/// Accepts the tensor connections of a run's other nodes and reads their frames, one thread a connection.
/// Whatever a caller sends, only its own connection suffers. One connection a node: a newer replaces the older.
/// When received payloads reach the pool's bound, reading stops, and the senders feel it through TCP.
/// </summary>
public sealed class TensorListener : IDisposable
{
    private readonly ServedConnections<IncomingConnection> _connections = new();
    private readonly Acceptor _acceptor;
    private long _mostPayloadBytes;

    /// <summary>Binds and begins to accept. PortTakenException names a taken port, ArgumentException options out of range.</summary>
    public TensorListener(TransportIdentity identity, TransportOptions options, TransportCounters counters, ITensorEvents events)
    {
        options.Validate();
        Pool = new TensorPool(options.ReceivePoolBytes);
        _mostPayloadBytes = options.MaxPayloadBytes;
        var handshake = new Handshake(identity, Handshake.Channel.Tensor, options.HandshakeTimeout, options.Tls);
        _acceptor = new Acceptor(
            options.Listen,
            handshake,
            options.MaxUnauthenticated,
            options.SocketBufferBytes,
            refused: (from, reason) =>
            {
                counters.Close(reason);
                events.OnRefused(from, reason);
            },
            serve: (wire, node) => _connections.Serve(node, new IncomingConnection(wire, node, options, () => Volatile.Read(ref _mostPayloadBytes), Pool, counters, events)),
            options.Ports);
        _acceptor.Start();
    }

    /// <summary>Where it listens, with the port the system chose where 0 was asked for.</summary>
    public IPEndPoint Endpoint => _acceptor.Endpoint;

    /// <summary>Memory of the payloads that arrive here.</summary>
    public TensorPool Pool { get; }

    /// <summary>
    /// From now on a payload of more bytes closes its connection, and no memory is taken for it: no message has one. The bound
    /// of the options holds as well.
    /// </summary>
    public void Expect(long mostPayloadBytes) => Volatile.Write(ref _mostPayloadBytes, mostPayloadBytes);

    /// <summary>Closes a node's connection, if there is one: it was fenced, or is known to be dead.</summary>
    public void Close(int node)
    {
        if (_connections.TryGet(node, out var connection))
        {
            connection.Close(CloseReason.ClosedHere);
        }
    }

    /// <summary>Closes everything. When it returns, no more events come, unless it is called from inside one.</summary>
    public void Dispose()
    {
        _acceptor.Dispose();
        _connections.CloseAll();
    }
}
