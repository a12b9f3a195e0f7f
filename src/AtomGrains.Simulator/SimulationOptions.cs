namespace AtomGrains.Simulator;

/// <summary>One simulated run. Everything that happens follows from these values.</summary>
public sealed record SimulationOptions
{
    public ulong Seed { get; init; } = 1;

    public int Workers { get; init; } = 4;

    public int Spares { get; init; }

    public int Lanes { get; init; } = 8;

    public int Partitions { get; init; } = 3;

    /// <summary>Whether a partition has a backup.</summary>
    public bool Replicas { get; init; } = true;

    public long Steps { get; init; } = 12;

    /// <summary>Steps between evaluations; 0 for one at the end.</summary>
    public long EvaluateEvery { get; init; } = 5;

    /// <summary>Every so many steps one lane's gradient is not finite, and the step is skipped; 0 for never.</summary>
    public long SkipEvery { get; init; }

    /// <summary>How many processes the poisoned lane ends before it lets itself be computed; 0 for none.</summary>
    public int PoisonKills { get; init; }

    /// <summary>The step of the poisoned lane.</summary>
    public long PoisonStep { get; init; } = 4;

    /// <summary>Which lane of that step it is.</summary>
    public int PoisonLane { get; init; } = 1;

    /// <summary>What a process died of is heard some time after that it is dead.</summary>
    public bool LateDeaths { get; init; }

    /// <summary>A lane's bits include who computed it and at which attempt: hides no protocol error behind equal bits.</summary>
    public bool Salted { get; init; }

    /// <summary>Chance of each message to be lost, while faults are injected.</summary>
    public double Loss { get; init; }

    /// <summary>Chance of each message to arrive twice.</summary>
    public double Duplication { get; init; }

    /// <summary>Longest delay of a message in milliseconds; a spread delay reorders.</summary>
    public double MaximumDelayMilliseconds { get; init; } = 3;

    /// <summary>Mean virtual milliseconds between two faults of any kind; 0 injects none.</summary>
    public double FaultEveryMilliseconds { get; init; }

    /// <summary>Virtual time after which no more faults are injected and the run has to finish.</summary>
    public TimeSpan FaultsUntil { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>The version at which one backup's parameters have a bit changed; 0 for never.</summary>
    public long FlipAtVersion { get; init; }

    /// <summary>Kinds that may be injected; those of the store only where they are named.</summary>
    public IReadOnlyList<SimulatedFault> Kinds { get; init; } = [.. Enum.GetValues<SimulatedFault>().Where(kind => kind < SimulatedFault.EverythingDies)];

    /// <summary>Steps between two checkpoints; 0 for none.</summary>
    public long CheckpointEvery { get; init; }

    /// <summary>Checkpoints that are kept.</summary>
    public int Keep { get; init; } = 2;

    /// <summary>Exact faults, besides the random ones: node slot and the number of the event before which it strikes.</summary>
    public IReadOnlyList<PlannedFault> Plan { get; init; } = [];
}
