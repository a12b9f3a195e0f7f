namespace AtomGrains.Node.Transport;

/// <summary>What became of a frame handed to a <see cref="TensorPeer"/>. Everything but Accepted is a counted drop.</summary>
public enum SendOutcome
{
    /// <summary>Written or queued. Delivery is still not promised: the connection may break first.</summary>
    Accepted,

    /// <summary>The last attempt to reach the peer failed and its pause is not over, or the connection just broke.</summary>
    PeerDown,

    /// <summary>The peer takes frames more slowly than they come, and its queue is at the bound.</summary>
    QueueFull,

    /// <summary>The pool for copies is at its bound.</summary>
    NoMemory,

    /// <summary>The link was disposed.</summary>
    Closed,

    /// <summary>It is for a node that the view does not name, so there is no link to it.</summary>
    UnknownPeer,
}
