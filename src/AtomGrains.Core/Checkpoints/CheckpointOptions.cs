namespace AtomGrains.Core.Checkpoints;

/// <summary>How often the state of a run is put into its store. Nothing in here changes a bit of the weights.</summary>
public sealed record CheckpointOptions
{
    /// <summary>Steps between two checkpoints; null when it is time that counts.</summary>
    public long? EverySteps { get; init; }

    /// <summary>Time between two checkpoints; null when it is steps that count.</summary>
    public TimeSpan? EveryTime { get; init; }

    /// <summary>
    /// How long an unfinished checkpoint keeps the next one from beginning. A store that is slower than the interval gets
    /// one at a time; what was lost with a node would never be finished.
    /// </summary>
    public TimeSpan GiveUpAfter { get; init; } = TimeSpan.FromMinutes(5);
}
