namespace AtomGrains.Core.Membership;

/// <summary>How soon silence is taken for a pause.</summary>
public sealed record HeartbeatOptions
{
    /// <summary>Time between two heartbeats of a node. Short against the timeouts, long against a control message.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromMilliseconds(150);

    /// <summary>No silence below this is suspicious: a busy machine delays a thread by hundreds of milliseconds.</summary>
    public TimeSpan MinimumTimeout { get; init; } = TimeSpan.FromMilliseconds(1000);

    /// <summary>Any silence above this is: a pause has to be noticed within two seconds.</summary>
    public TimeSpan MaximumTimeout { get; init; } = TimeSpan.FromMilliseconds(1700);

    /// <summary>Deviations above the mean interval that are still usual.</summary>
    public double Deviations { get; init; } = 8;

    /// <summary>Both bounds moved together, so that any silence above <paramref name="maximum"/> is suspicious.</summary>
    public static HeartbeatOptions SuspectingAfter(TimeSpan maximum)
    {
        var usual = new HeartbeatOptions();
        return usual with { MinimumTimeout = maximum * (usual.MinimumTimeout / usual.MaximumTimeout), MaximumTimeout = maximum };
    }
}
