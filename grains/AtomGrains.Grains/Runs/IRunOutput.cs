using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol.Messages;

namespace AtomGrains.Grains.Runs;

/// <summary>What a run's actor asks of its grain: both return at once.</summary>
internal interface IRunOutput
{
    /// <summary>To a node, in order; delivery is not promised.</summary>
    void Send(NodeId to, ControlMessage message);

    /// <summary>Begins a node's life on a silo.</summary>
    void Start(NodeId node, Seat seat);

    /// <summary>For the log.</summary>
    void Note(string text);

    /// <summary>Runs an action as a turn of the grain; from any thread, and never if the grain is gone by then.</summary>
    void Post(Action action);
}
