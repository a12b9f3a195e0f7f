using System.Net;
using System.Net.Sockets;
using System.Text.Json.Serialization.Metadata;
using AtomGrains.Node.Transport;

namespace AtomGrains.Node.Control;

/// <summary>A node's end of the control channel. It connects once: a node that lost its supervisor ends by itself.</summary>
public sealed class ControlClient<T> : IDisposable
{
    private const int StackBytes = 512 * 1024;

    private readonly ControlConnection<T> _connection;

    private ControlClient(ControlConnection<T> connection) => _connection = connection;

    /// <summary>
    /// Connects and proves itself, within twice the handshake's timeout. The client, or the reason why there is none. Events
    /// about the supervisor begin with OnConnected, perhaps before this returns.
    /// </summary>
    public static (ControlClient<T>? Client, CloseReason? Refused) Connect(
        IPEndPoint supervisor, int supervisorNode, TransportIdentity identity, ControlOptions options, JsonTypeInfo<T> contract, TransportCounters counters, IControlEvents<T> events)
    {
        options.Validate();
        var wire = new Wire(new Socket(supervisor.AddressFamily, SocketType.Stream, ProtocolType.Tcp), ControlOptions.SocketBufferBytes);
        var handshake = new Handshake(identity, Handshake.Channel.Control, options.HandshakeTimeout);
        if (!Dialler.Dial(wire, supervisor, supervisorNode, handshake, options.HandshakeTimeout, out var refused))
        {
            counters.Close(refused);
            return (null, refused);
        }

        var connection = new ControlConnection<T>(wire, supervisorNode, options, contract, counters, events);
        new Thread(connection.Run, StackBytes) { IsBackground = true, Name = "control" }.Start();
        return (new ControlClient<T>(connection), null);
    }

    /// <summary>
    /// Sends without waiting. False: the connection is gone, or goes now because the supervisor does not read
    /// (QueueOverflow). ArgumentException when the message is too large.
    /// </summary>
    public bool Send(T message) => _connection.Send(message);

    /// <summary>Lets sent messages arrive, within the goodbye timeout, and closes. When it returns no more events come, unless called from inside one.</summary>
    public void Dispose() => _connection.Leave();
}
