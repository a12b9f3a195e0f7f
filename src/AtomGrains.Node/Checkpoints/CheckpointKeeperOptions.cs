namespace AtomGrains.Node.Checkpoints;

/// <summary>What a coordinator's store work needs to know of the run.</summary>
public sealed record CheckpointKeeperOptions
{
    /// <summary>Checkpoints that are kept.</summary>
    public required int Keep { get; init; }

    /// <summary>Length of the flat vector.</summary>
    public required int Elements { get; init; }

    public required string BitsClass { get; init; }

    /// <summary>Bytes of the fault ledger now.</summary>
    public required Func<long> LedgerPosition { get; init; }

    /// <summary>
    /// Age beyond which a slice that no manifest names is garbage. Slower uploads than this there are none: their
    /// checkpoint was given up long before.
    /// </summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromMinutes(15);
}
