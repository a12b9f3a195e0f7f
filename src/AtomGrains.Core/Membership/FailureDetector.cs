namespace AtomGrains.Core.Membership;

/// <summary>
/// Suspects one node from the rhythm of its messages, as accrual detectors do (Hayashibara et al., SRDS 2004):
/// the timeout follows mean and deviation of recent intervals, between two bounds. No clock: time is an argument.
/// </summary>
public sealed class FailureDetector(HeartbeatOptions options, TimeSpan start)
{
    // Weight of the newest interval: about the last 30 count.
    private const double Weight = 1.0 / 30;

    private double _meanSeconds = options.Interval.TotalSeconds;
    private double _variance;

    public TimeSpan LastHeard { get; private set; } = start;

    public TimeSpan Timeout
    {
        get
        {
            var usual = TimeSpan.FromSeconds(_meanSeconds + (options.Deviations * Math.Sqrt(_variance)));
            return usual < options.MinimumTimeout ? options.MinimumTimeout
                : usual > options.MaximumTimeout ? options.MaximumTimeout
                : usual;
        }
    }

    public void Heard(TimeSpan now)
    {
        var difference = (now - LastHeard).TotalSeconds - _meanSeconds;
        _meanSeconds += Weight * difference;
        _variance = (1 - Weight) * (_variance + (Weight * difference * difference));
        LastHeard = now;
    }

    /// <summary>Whoever judges was away itself: silence up to now says nothing.</summary>
    public void Pardon(TimeSpan now) => LastHeard = now;

    public bool Suspects(TimeSpan now) => now - LastHeard > Timeout;
}
