namespace AtomGrains.Core.Protocol.Coordination;

/// <summary>How the loss of a node was noticed.</summary>
public enum LossCause
{
    /// <summary>Its process ended or its connection closed.</summary>
    Ended,

    /// <summary>Its heartbeats stopped.</summary>
    Silent,

    /// <summary>The step was late, and this is the node that the others waited for.</summary>
    Hung,

    /// <summary>An audit has found its bits wrong.</summary>
    WrongBits,
}
