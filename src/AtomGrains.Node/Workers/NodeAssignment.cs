using AtomGrains.Core.Options;

namespace AtomGrains.Node.Workers;

/// <summary>
/// What a supervisor tells a node process at its start, on standard input: neither the command line nor the
/// environment of a process is a place for a secret.
/// </summary>
public sealed record NodeAssignment
{
    public required int Node { get; init; }

    /// <summary>The worker's number.</summary>
    public required int Slot { get; init; }

    public required string RunId { get; init; }

    /// <summary>Absolute; holds run.json and the tokens.</summary>
    public required string RunFolder { get; init; }

    /// <summary>Host and port of the supervisor's control channel.</summary>
    public required string Supervisor { get; init; }

    /// <summary>Address to listen on for tensors.</summary>
    public required string Listen { get; init; }

    /// <summary>The run's secret, 64 hexadecimal digits.</summary>
    public required string Secret { get; init; }

    /// <summary><c>cpu</c> or <c>cuda:N</c>.</summary>
    public required string Device { get; init; }

    /// <summary>How long to live without a supervisor.</summary>
    public required TimeSpan OrphanGrace { get; init; }

    /// <summary>Ordered faults of this worker that have not struck yet, with their numbers in the plan.</summary>
    public required IReadOnlyList<NumberedFault> Faults { get; init; }
}

/// <summary>A fault and its number in the run's plan.</summary>
public sealed record NumberedFault(int Number, FaultOrder Order);
