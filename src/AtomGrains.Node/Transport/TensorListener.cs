using System.Net;

namespace AtomGrains.Node.Transport;

/// <summary>
/// Accepts the tensor connections of a run's other nodes and reads their frames, one thread a connection.
/// Whatever a caller sends, only its own connection suffers. One connection a node: a newer replaces the older.
/// When received payloads reach the pool's bound, reading stops, and the senders feel it through TCP.
/// </summary>
public sealed class TensorListener : IDisposable
{
    private readonly TransportOptions _options;
    private readonly TransportCounters _counters;
    private readonly ITensorEvents _events;
    private readonly Dictionary<int, IncomingConnection> _connections = [];
    private readonly Acceptor _acceptor;
    private bool _disposed;

    /// <summary>Binds and begins to accept. PortTakenException names a taken port, ArgumentException options out of range.</summary>
    public TensorListener(TransportIdentity identity, TransportOptions options, TransportCounters counters, ITensorEvents events)
    {
        options.Validate();
        _options = options;
        _counters = counters;
        _events = events;
        Pool = new TensorPool(options.ReceivePoolBytes);
        var handshake = new Handshake(identity, Handshake.Channel.Tensor, options.HandshakeTimeout);
        _acceptor = new Acceptor(options.Listen, handshake, options.MaxUnauthenticated, options.SocketBufferBytes, counters.Close, Serve);
        _acceptor.Start();
    }

    /// <summary>Where it listens, with the port the system chose where 0 was asked for.</summary>
    public IPEndPoint Endpoint => _acceptor.Endpoint;

    /// <summary>Memory of the payloads that arrive here.</summary>
    public TensorPool Pool { get; }

    /// <summary>Closes a node's connection, if there is one: it was fenced, or is known to be dead.</summary>
    public void Close(int node)
    {
        IncomingConnection? connection;
        lock (_connections)
        {
            _connections.TryGetValue(node, out connection);
        }

        connection?.Close(CloseReason.ClosedHere);
    }

    /// <summary>Closes everything. When it returns, no more events come, unless it is called from inside one.</summary>
    public void Dispose()
    {
        IncomingConnection[] connections;
        lock (_connections)
        {
            _disposed = true;
            connections = [.. _connections.Values];
        }

        _acceptor.Dispose();
        foreach (var connection in connections)
        {
            connection.Close(CloseReason.ClosedHere);
        }

        foreach (var connection in connections)
        {
            connection.WaitForEnd();
        }
    }

    private void Serve(Wire wire, int node)
    {
        var connection = new IncomingConnection(wire, node, _options, Pool, _counters, _events);
        IncomingConnection? older;
        lock (_connections)
        {
            if (_disposed)
            {
                connection.Abandon();
                return;
            }

            _connections.TryGetValue(node, out older);
            _connections[node] = connection;
        }

        // Waiting for the older one's last event keeps this node's events in order.
        older?.Close(CloseReason.ReplacedByNewer);
        older?.WaitForEnd();
        connection.Run();
        lock (_connections)
        {
            if (_connections.TryGetValue(node, out var current) && current == connection)
            {
                _connections.Remove(node);
            }
        }
    }
}
