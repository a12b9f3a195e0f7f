using System.Net;
using System.Text.Json.Serialization.Metadata;
using AtomGrains.Node.Transport;

namespace AtomGrains.Node.Control;

/// <summary>
/// The supervisor's end of the control channel: accepts the nodes of its run and exchanges messages with
/// them, reliably and in order while a connection lasts. A node that misbehaves loses its own connection only.
/// </summary>
public sealed class ControlServer<T> : IDisposable
{
    private readonly ServedConnections<ControlConnection<T>> _connections = new();
    private readonly Acceptor _acceptor;

    /// <summary>Binds and begins to accept. PortTakenException names a taken port, ArgumentException options out of range.</summary>
    public ControlServer(TransportIdentity identity, ControlOptions options, JsonTypeInfo<T> contract, TransportCounters counters, IControlEvents<T> events)
    {
        options.Validate();
        var handshake = new Handshake(identity, Handshake.Channel.Control, options.HandshakeTimeout);
        _acceptor = new Acceptor(
            options.Listen,
            handshake,
            options.MaxUnauthenticated,
            ControlOptions.SocketBufferBytes,
            refused: (_, reason) => counters.Close(reason),
            serve: (wire, node) => _connections.Serve(node, new ControlConnection<T>(wire, node, options, contract, counters, events)));
        _acceptor.Start();
    }

    /// <summary>Where it listens, with the port the system chose where 0 was asked for.</summary>
    public IPEndPoint Endpoint => _acceptor.Endpoint;

    /// <summary>
    /// Sends without waiting. False: the node is not connected, or lost its connection now because it does not
    /// read (QueueOverflow). ArgumentException when the message is too large.
    /// </summary>
    public bool Send(int node, T message) => _connections.TryGet(node, out var connection) && connection.Send(message);

    /// <summary>Closes a node's connection, if there is one; messages under way may be lost.</summary>
    public void Close(int node)
    {
        if (_connections.TryGet(node, out var connection))
        {
            connection.Close(CloseReason.ClosedHere);
        }
    }

    /// <summary>Closes everything; messages under way may be lost. When it returns, no more events come.</summary>
    public void Dispose()
    {
        _acceptor.Dispose();
        _connections.CloseAll();
    }
}
