using System.Net;

namespace AtomGrains.Node.Transport;

/// <summary>One attempt to reach a node: connect and prove, each within the handshake's timeout.</summary>
internal static class Dialler
{
    /// <summary>True when the wire is proven. Else it is closed, and the reason is as much as can be known from here.</summary>
    public static bool Dial(Wire wire, IPEndPoint endpoint, int node, Handshake handshake, TimeSpan timeout, out CloseReason reason)
    {
        // A blocking connect has no timeout of its own; closing the socket ends it.
        using (new Timer(_ => wire.Close(CloseReason.ConnectFailed), null, timeout, Timeout.InfiniteTimeSpan))
        {
            if (!wire.Connect(endpoint))
            {
                reason = wire.Close(CloseReason.ConnectFailed);
                return false;
            }
        }

        if (handshake.Dial(wire, node))
        {
            reason = default;
            return true;
        }

        reason = wire.Close(CloseReason.HandshakeRefused);
        if (reason is CloseReason.PeerClosed or CloseReason.ConnectionReset or CloseReason.TruncatedFrame or CloseReason.TlsBroken)
        {
            reason = CloseReason.HandshakeRefused;
        }

        return false;
    }
}
