using AtomGrains.Core.Membership;

namespace AtomGrains.Node.Telemetry;

/// <summary>
/// What became of a run's time. A step that a change of the view fell into counts for as much as undisturbed ones take;
/// steps of a history that was given up count for nothing. Not safe for concurrent callers.
/// </summary>
internal sealed class TrainingTime
{
    private readonly int _samplesPerStep;
    private readonly TimeSpan _began;
    private readonly RecentMedian _stepSeconds = new();
    private readonly RecentMedian _computeSecondsPerSample = new();
    private Lineage _lineage;
    private long _next;
    private long _steps;
    private TimeSpan _now;
    private TimeSpan? _lastDecided;
    private long _samples;
    private double _effectiveSeconds;
    private double _deviceSeconds;
    private double _usefulSeconds;
    private long _unpriced;
    private int _held;
    private int _workers;
    private bool _disturbed;
    private long _computing;
    private double _computeSeconds;
    private int _computed;

    /// <param name="began">From where the run's time counts, on the clock of all calls.</param>
    public TrainingTime(int samplesPerStep, TimeSpan began)
    {
        _samplesPerStep = samplesPerStep;
        _began = _now = began;
    }

    /// <summary>Seconds of steps of the surviving history ÷ seconds since the run began; null before it has lasted.</summary>
    public double? EffectiveRatio => _now > _began ? _effectiveSeconds / (_now - _began).TotalSeconds : null;

    /// <summary>
    /// Committed samples ÷ what the devices that were held would have computed at the step loops' own speed; null before
    /// that is known.
    /// </summary>
    public double? GoodputRatio => _computeSecondsPerSample.Value is { } each && _deviceSeconds > 0 ? _samples * each / _deviceSeconds : null;

    /// <summary>Seconds for which devices were held, over all of them; never falls.</summary>
    public double HeldSeconds => _deviceSeconds;

    /// <summary>
    /// What committed samples take at the step loops' own speed at that time, also those of steps that were given up later:
    /// never falls. Samples from before the speed is known are counted when it is.
    /// </summary>
    public double UsefulSeconds => _usefulSeconds;

    public void Held(int processes, TimeSpan now)
    {
        Advance(now);
        _held = processes;
    }

    public void Disturbed(int workers)
    {
        (_workers, _disturbed) = (workers, true);
        _lastDecided ??= _now;
    }

    /// <summary>A worker has computed its lanes of a step.</summary>
    public void Computed(long step, double seconds)
    {
        if (step != _computing)
        {
            (_computing, _computeSeconds, _computed) = (step, 0, 0);
        }

        _computeSeconds += seconds;
        _computed++;
    }

    public void Decided(Lineage lineage, long step, bool isCommit, TimeSpan now)
    {
        Advance(now);
        if (lineage != _lineage)
        {
            GiveUpFrom(step);
            _lineage = lineage;
        }

        _next = step + 1;
        _steps++;

        var seconds = (now - (_lastDecided ?? now)).TotalSeconds;
        _lastDecided = now;
        if (!_disturbed)
        {
            _stepSeconds.Add(seconds);
            if (step == _computing && _computed == _workers)
            {
                _computeSecondsPerSample.Add(_computeSeconds / _samplesPerStep);
            }
        }

        _effectiveSeconds += _disturbed ? Math.Min(seconds, _stepSeconds.Value ?? seconds) : seconds;
        _samples += isCommit ? _samplesPerStep : 0;
        _unpriced += isCommit ? _samplesPerStep : 0;
        if (_computeSecondsPerSample.Value is { } each)
        {
            _usefulSeconds += _unpriced * each;
            _unpriced = 0;
        }

        _disturbed = false;
    }

    // What the steps before it have come to is kept in proportion: to know it of each would take memory of each.
    private void GiveUpFrom(long step)
    {
        var kept = Math.Max(0, _steps - Math.Max(0, _next - step));
        var share = _steps == 0 ? 0 : (double)kept / _steps;
        (_steps, _effectiveSeconds, _samples) = (kept, _effectiveSeconds * share, (long)Math.Round(_samples * share));
    }

    private void Advance(TimeSpan now)
    {
        _deviceSeconds += _held * (now - _now).TotalSeconds;
        _now = now;
    }
}
