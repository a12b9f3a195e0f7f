namespace AtomGrains.Core.Membership;

/// <summary>
/// How long a step may take before somebody is asked what it waits for: the median of recent undisturbed steps plus a
/// multiple of their spread, never below a floor. It doubles with each time it was used in a row, so that a run that is
/// slow for a reason is not torn apart.
/// </summary>
public sealed class StepPace(StepPaceOptions options)
{
    private readonly Queue<double> _recentSeconds = [];
    private int _used;
    private double? _seconds;

    public void Took(TimeSpan step)
    {
        _used = 0;
        _seconds = null;
        _recentSeconds.Enqueue(step.TotalSeconds);
        if (_recentSeconds.Count > options.Window)
        {
            _recentSeconds.Dequeue();
        }
    }

    /// <summary>The deadline was acted on: the next one is later.</summary>
    public void Used() => _used++;

    public TimeSpan Deadline
    {
        get
        {
            // Asked for at each tick, and the same until a step ends.
            var seconds = _seconds ??= Seconds();
            return TimeSpan.FromSeconds(seconds * Math.Pow(2, Math.Min(_used, 10)));
        }
    }

    private double Seconds()
    {
        if (_recentSeconds.Count < options.Fewest)
        {
            return options.First.TotalSeconds;
        }

        var median = Median(_recentSeconds);
        var spread = Median(_recentSeconds.Select(step => Math.Abs(step - median)));
        return Math.Max(options.Floor.TotalSeconds, (2 * median) + (options.Spreads * spread));
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
