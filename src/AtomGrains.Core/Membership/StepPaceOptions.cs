namespace AtomGrains.Core.Membership;

/// <summary>When a step is late. Heartbeats find what is dead or paused; this finds what is alive and does not get on.</summary>
public sealed record StepPaceOptions
{
    /// <summary>No step is late before this: far above what a busy machine adds.</summary>
    public TimeSpan Floor { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>The deadline while nothing is known of the model's pace.</summary>
    public TimeSpan First { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Median absolute deviations above twice the median: a slow worker must not be taken for a hung one.</summary>
    public double Spreads { get; init; } = 20;

    /// <summary>Steps that are remembered.</summary>
    public int Window { get; init; } = 32;

    /// <summary>Steps before the pace counts as known.</summary>
    public int Fewest { get; init; } = 5;

    /// <summary>How long the nodes have to say what they wait for.</summary>
    public TimeSpan AnswerWithin { get; init; } = TimeSpan.FromSeconds(1);
}
