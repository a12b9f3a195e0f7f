using AtomGrains.Core.Protocol.Messages;

namespace AtomGrains.Node.Workers;

/// <summary>
/// What a node asks of the process that hosts it. The calls come from several threads and must not wait for anybody.
/// </summary>
public interface INodeHost
{
    /// <summary>To the coordinator, in order; delivery is not promised, Core repeats what matters.</summary>
    void Send(ControlMessage message);

    /// <summary>The ordered fault with this number strikes now: on return the fact outlives this process.</summary>
    void Strikes(int order, DateTimeOffset at);

    /// <summary>The device or the step loop failed: this process can no longer be trusted and has to end.</summary>
    void Failed(Exception error);

    /// <summary>A tensor link from or to a node has closed: it may be dead.</summary>
    void LinkClosed(int node);
}
