using System.Diagnostics;
using AtomGrains.Core.Protocol.Messages;

namespace AtomGrains.Node.Workers;

/// <summary>Where a worker's time goes in a step, for the metrics line; seconds on the monotonic clock.</summary>
internal sealed class StepClock
{
    private long _decided = Stopwatch.GetTimestamp();
    private long _began;
    private long _computed;
    private long _step = -1;
    private int _lanes;
    private double _apply;

    public void Decided() => _decided = Stopwatch.GetTimestamp();

    public void Applied(TimeSpan elapsed) => _apply = elapsed.TotalSeconds;

    public void StepBegins(long step)
    {
        _step = step;
        _began = Stopwatch.GetTimestamp();
        _lanes = 0;
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
        return true;
    }

    /// <summary>The last push has been handed over; what the step took this worker.</summary>
    public StepTimed PushesDone() => new(
        _step,
        Math.Max(0, Stopwatch.GetElapsedTime(_decided, _began).TotalSeconds - _apply),
        Stopwatch.GetElapsedTime(_began, _computed).TotalSeconds,
        Stopwatch.GetElapsedTime(_computed).TotalSeconds,
        _apply);
}
