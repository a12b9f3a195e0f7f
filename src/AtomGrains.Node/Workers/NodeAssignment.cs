namespace AtomGrains.Node.Workers;

/// <summary>
/// What a supervisor tells a node process at its start, on standard input: neither the command line nor the
/// environment of a process is a place for a secret.
/// </summary>
public sealed record NodeAssignment : NodePlace
{
    /// <summary>Absolute; holds run.json and the tokens.</summary>
    public required string RunFolder { get; init; }

    /// <summary>Host and port of the control channel of the silo that started it, on loopback; null: a supervisor, found by its post in the run folder.</summary>
    public string? Supervisor { get; init; }

    /// <summary>The store of checkpoints: a folder, or a name that the program knows.</summary>
    public required string Store { get; init; }

    /// <summary>Name of the register, in the run folder, of the ordered faults that have struck.</summary>
    public required string Struck { get; init; }

    /// <summary><c>cpu</c> or <c>cuda:N</c>.</summary>
    public required string Device { get; init; }

    /// <summary>How long to live without a supervisor.</summary>
    public required TimeSpan OrphanGrace { get; init; }

    /// <summary>How long after a notice to end (SIGTERM) there is time to hand over.</summary>
    public required TimeSpan Grace { get; init; }
}
