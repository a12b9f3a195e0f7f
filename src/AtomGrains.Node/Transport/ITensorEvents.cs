using System.Net;

namespace AtomGrains.Node.Transport;

/// <summary>
/// What the transport tells its owner, on the thread of the connection concerned. Calls about one node and
/// one direction never overlap: opened, then frames in the order sent, then closed exactly once. Post
/// to a queue and return: a call that blocks stops that connection, one that throws ends the process.
/// </summary>
public interface ITensorEvents
{
    /// <summary>A caller was closed before it had proven who it is; on a thread of its own, alongside other events.</summary>
    /// <param name="from">Its address, where that is known.</param>
    void OnRefused(IPAddress? from, CloseReason reason);

    void OnOpened(int node, LinkDirection direction);

    /// <summary>A whole frame. The receiver owns both parts and disposes the payload (0 elements where there is none).</summary>
    /// <returns>Why whoever sends this is not to be believed, which closes the connection before another frame of it is read; null when it is.</returns>
    CloseReason? OnFrame(int fromNode, ReadOnlyMemory<byte> header, TensorBuffer payload);

    /// <summary>
    /// A connection that had opened is gone, or an outgoing one could not be opened at all. What was queued for it
    /// is dropped by now; what is sent from here on belongs to the next connection.
    /// </summary>
    void OnClosed(int node, LinkDirection direction, CloseReason reason);
}
