using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol.Messages;

namespace AtomGrains.Grains.Runs;

/// <summary>What a run's actor asks of its grain: all return at once.</summary>
internal interface IRunOutput
{
    /// <summary>The silo where this coordinator lives, in Orleans's parsable form.</summary>
    string Silo { get; }

    /// <summary>To a node, in order; delivery is not promised.</summary>
    void Send(NodeId to, ControlMessage message);

    /// <summary>Begins a node's life on a silo.</summary>
    void Start(NodeId node, Seat seat);

    /// <summary>For the log.</summary>
    void Note(string text);

    /// <summary>An ordered fault: SIGKILL to the process of <see cref="Silo"/>.</summary>
    void KillSilo();

    /// <summary>Runs an action as a turn of the grain; from any thread, and never if the grain is gone by then.</summary>
    void Post(Action action);
}
