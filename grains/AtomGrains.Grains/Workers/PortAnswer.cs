namespace AtomGrains.Grains.Workers;

/// <summary>What came of a connection to a port.</summary>
public enum PortAnswer
{
    /// <summary>There is somebody.</summary>
    Accepted,

    /// <summary>The machine is there, and nobody has the port.</summary>
    Refused,

    /// <summary>Nobody knows.</summary>
    None,
}
