using System.Diagnostics;
using AtomGrains.Core.Protocol.Messages;

namespace AtomGrains.Node.Workers;

/// <summary>Where a worker's time goes in a step, for the metrics line; seconds on the monotonic clock.</summary>
internal sealed class StepClock
{
    private long? _decided;
    private long _began;
    private long _computed;
    private long _step = -1;
    private int _lanes;
    private double _apply;
    private bool _computedAll;

    public void Decided() => _decided = Stopwatch.GetTimestamp();

    public void Applied(TimeSpan elapsed) => _apply = elapsed.TotalSeconds;

    public void StepBegins(long step)
    {
        _step = step;
        _began = Stopwatch.GetTimestamp();
        _lanes = 0;
        _computedAll = false;
    }

    public void LanesWanted(int lanes) => _lanes = lanes;

    /// <summary>Whether that was the last lane asked for.</summary>
    public bool LaneComputed(long step)
    {
        if (step != _step || --_lanes != 0)
        {
            return false;
        }

        _computed = Stopwatch.GetTimestamp();
        _computedAll = true;
        return true;
    }

    /// <summary>What the step took this worker, said once, when the last push has been handed over; else null.</summary>
    public StepTimed? PushesDone()
    {
        if (!_computedAll)
        {
            return null;
        }

        _computedAll = false;
        return new StepTimed(
            _step,
            Math.Max(0, Stopwatch.GetElapsedTime(_decided ?? _began, _began).TotalSeconds - _apply),
            Stopwatch.GetElapsedTime(_began, _computed).TotalSeconds,
            Stopwatch.GetElapsedTime(_computed).TotalSeconds,
            _apply);
    }
}
