namespace AtomGrains.Core.Protocol.Coordination;

/// <summary>Where a node stands with the coordinator.</summary>
public enum NodeStanding
{
    Alive,

    /// <summary>Silent too long. If it speaks before a view leaves it out, it is alive again.</summary>
    Silent,

    /// <summary>Left out by a recorded view while it was silent; whatever it says is answered with a dismissal.</summary>
    Fenced,

    /// <summary>Its process has ended, or it was dismissed.</summary>
    Gone,
}
