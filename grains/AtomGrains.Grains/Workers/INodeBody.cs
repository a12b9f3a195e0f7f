using AtomGrains.Core.Protocol.Messages;

namespace AtomGrains.Grains.Workers;

/// <summary>Where a node lives: on threads of its silo, or in a process of its own. The calls come from any thread and never wait.</summary>
public interface INodeBody
{
    /// <summary>The process in which it lives; null before it has begun.</summary>
    int? ProcessId { get; }

    void Begin();

    /// <summary>A message of the coordinator, in order.</summary>
    void Deliver(ControlMessage message);

    /// <summary>The node is to hand over and to leave; safe to repeat.</summary>
    void Leave();

    /// <summary>Nobody is left to hand over to, and nobody wants the node: what it holds is written to the run folder, and then its process ends.</summary>
    void LeaveBehind();

    /// <summary>Ends at once, nothing handed over.</summary>
    void End();
}
