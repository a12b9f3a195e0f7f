using System.Net;
using System.Net.Sockets;
using AtomGrains.Node.Transport;
using AtomGrains.Node.Transport.Tls;

namespace AtomGrains.Node.Tests.Transport;

/// <summary>A node that passes the handshake and then writes whatever bytes a test likes.</summary>
internal sealed class RawDialler : IDisposable
{
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp);
    private readonly Wire _wire;

    internal RawDialler(IPEndPoint endpoint, TransportIdentity identity, int target, Handshake.Channel channel = Handshake.Channel.Tensor, TlsCertificates? tls = null)
    {
        // A reset at the end instead of a goodbye, so that thousands of these leave no port behind in TIME_WAIT.
        _socket.LingerState = new LingerOption(enable: true, seconds: 0);
        _wire = new Wire(_socket, 1 << 16);
        var handshake = new Handshake(identity, channel, TimeSpan.FromSeconds(20), tls);
        if (!Dialler.Dial(_wire, endpoint, target, handshake, TimeSpan.FromSeconds(20), out var reason))
        {
            throw new InvalidOperationException($"handshake failed: {reason}");
        }
    }

    public bool Send(ReadOnlySpan<byte> bytes) => _wire.Send(bytes);

    public void EndSending() => _wire.EndSending();

    public CloseReason WaitForEnd() => _wire.WaitForEnd();

    public void Dispose() => _wire.Dispose();
}
