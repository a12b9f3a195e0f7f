using System.Net;
using System.Net.Sockets;
using AtomGrains.Node.Transport;
using AtomGrains.Node.Transport.Tls;

namespace AtomGrains.Node.Tests.Workers.Frames;

/// <summary>A connection to a node, by one who knows the run's secret or by a stranger.</summary>
internal sealed class HostileSocket : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Wire _wire;

    /// <param name="identity">Proven; null for a stranger, who has shown a certificate at most.</param>
    /// <exception cref="InvalidOperationException">The node did not let it in.</exception>
    public HostileSocket(IPEndPoint node, TransportIdentity? identity, TlsCertificates? tls)
    {
        // A reset at the end instead of a goodbye, so that thousands of these leave no port behind in TIME_WAIT.
        _wire = new Wire(new Socket(SocketType.Stream, ProtocolType.Tcp) { LingerState = new LingerOption(enable: true, seconds: 0) }, 1 << 16);
        var connected = identity is null
            ? _wire.Connect(node) && (tls is null || _wire.Encrypt(tls, isAcceptor: false))
            : Dialler.Dial(_wire, node, FuzzedRun.Listener, new Handshake(identity, Handshake.Channel.Tensor, Patience, tls), Patience, out _);
        if (!connected)
        {
            throw new InvalidOperationException($"not let in: {_wire.Reason}");
        }
    }

    public bool Send(byte[] bytes) => _wire.Send(bytes);

    public void EndSending() => _wire.EndSending();

    /// <summary>Waits until the node has closed the connection, whatever it says before.</summary>
    public void HearEnd()
    {
        Span<byte> said = stackalloc byte[1];
        while (_wire.Receive(said, insideFrame: false))
        {
            // A nonce at most: a node answers on connections of its own.
        }
    }

    public void Dispose() => _wire.Dispose();
}
