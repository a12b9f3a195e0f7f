using AtomGrains.Node.Transport;

namespace AtomGrains.Node.Control;

/// <summary>
/// What the control channel tells its owner, on the thread of the connection concerned. Calls about one node
/// never overlap: connected, then messages in the order sent, then closed exactly once. Post to a queue and
/// return: a call that blocks stops that connection, one that throws ends the process.
/// </summary>
public interface IControlEvents<in T>
{
    void OnConnected(int node);

    void OnMessage(int node, T message);

    /// <summary>The connection is gone. A killed peer shows as PeerClosed, ConnectionReset or TruncatedFrame within milliseconds.</summary>
    void OnClosed(int node, CloseReason reason);
}
