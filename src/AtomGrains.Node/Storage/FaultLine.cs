namespace AtomGrains.Node.Storage;

/// <summary>
/// One line of the fault ledger <c>faults.jsonl</c>: a fault, a change of the view, or a recovery. The names are a contract,
/// which docs/fault-ledger.md explains.
/// </summary>
public sealed record FaultLine
{
    /// <summary>What this version writes, and the newest that it reads.</summary>
    public const int CurrentSchema = 1;

    /// <summary><see cref="Role"/> of what befell a node.</summary>
    public const string NodeRole = "node";

    /// <summary><see cref="Role"/> of what befell, or was done by, a supervisor.</summary>
    public const string SupervisorRole = "supervisor";

    /// <summary>A field may be added under the same number; older readers pass over it.</summary>
    public int Schema { get; init; } = CurrentSchema;

    /// <summary>When it was noticed, UTC.</summary>
    public required DateTimeOffset Ts { get; init; }

    /// <summary>
    /// What happened, such as <c>kill</c>, <c>stop</c>, <c>exit</c>, <c>device</c>, <c>scale</c>.
    /// </summary>
    public required string Kind { get; init; }

    /// <summary>Whose: <c>supervisor</c> or <c>node</c>.</summary>
    public required string Role { get; init; }

    /// <summary>Which one, such as <c>n3 worker 1</c>.</summary>
    public required string Who { get; init; }

    /// <summary>The step in progress.</summary>
    public required long Step { get; init; }

    public required long GenerationBefore { get; init; }

    public required long GenerationAfter { get; init; }

    /// <summary>Committed steps that have to be done again; above 0 only after a rollback.</summary>
    public required long StepsRedone { get; init; }

    public required int LanesRedone { get; init; }

    public required RecoverySeconds Seconds { get; init; }

    /// <summary>The cause in words, where there is more to say.</summary>
    public string? Detail { get; init; }
}
