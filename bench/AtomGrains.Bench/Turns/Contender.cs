using System.Diagnostics;
using System.Globalization;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Workers;

namespace AtomGrains.Bench.Turns;

/// <summary>
/// One side of a comparison: processes that can be stopped and continued together, and tracks of their finished steps. Its
/// clock stands still while it is stopped.
/// </summary>
internal abstract class Contender : IDisposable
{
    // Source: proc(5); the kernel counts in ticks of USER_HZ whatever its own clock is.
    private const double TicksPerSecond = 100;

    private readonly List<(long From, long To)> _turns = [];
    private double _processorSeconds;

    /// <summary>All processes whose work is compared.</summary>
    protected abstract IReadOnlyList<int> Processes { get; }

    /// <summary>Of each independent loop: when its steps were done (<see cref="Stopwatch"/> timestamps), and tokens of each.</summary>
    protected abstract IReadOnlyList<(IReadOnlyList<long> Steps, double TokensPerStep)> Tracks { get; }

    /// <summary>Steps that its slowest loop has done.</summary>
    public int Steps => Tracks.Min(track => track.Steps.Count);

    /// <summary>Turns so far.</summary>
    public int Turns => _turns.Count;

    public void Pause() => Signal(Signals.Stop);

    public void Continue() => Signal(Signals.Continue);

    /// <summary>Runs for a moment, alone on the machine when all others are paused.</summary>
    public void TakeTurn(TimeSpan length)
    {
        var before = ProcessorSeconds();
        var from = Stopwatch.GetTimestamp();
        Continue();
        Thread.Sleep(length);
        Pause();
        _turns.Add((from, Stopwatch.GetTimestamp()));
        _processorSeconds += ProcessorSeconds() - before;
    }

    /// <summary>Processor seconds that it took per second of all its turns.</summary>
    public double ProcessorsBusy => _processorSeconds / _turns.Sum(turn => Stopwatch.GetElapsedTime(turn.From, turn.To).TotalSeconds);

    /// <summary>Tokens a second of its own clock, over all steps done between two turns.</summary>
    /// <exception cref="TimeoutException">A loop did fewer than two steps in that time.</exception>
    public double TokensPerSecond(int firstTurn, int turns)
    {
        var (from, to) = (_turns[firstTurn].From, _turns[firstTurn + turns - 1].To);
        return Tracks.Sum(track =>
        {
            var steps = track.Steps.Where(step => step >= from && step <= to).Select(SecondsAt).ToList();
            return steps.Count >= 2 ? track.TokensPerStep * (steps.Count - 1) / (steps[^1] - steps[0])
                : throw new TimeoutException($"{steps.Count} steps were done in {turns} turns, which is too few for a rate");
        });
    }

    public abstract void Dispose();

    // A step that was seen after its side had been stopped was done before.
    private double SecondsAt(long stamp) =>
        _turns.Where(turn => turn.From < stamp).Sum(turn => Stopwatch.GetElapsedTime(turn.From, Math.Min(turn.To, stamp)).TotalSeconds);

    private double ProcessorSeconds() => Processes.Sum(process =>
    {
        var fields = ProcessStat.Fields(process);
        return (double.Parse(fields[ProcessStat.UserTime], CultureInfo.InvariantCulture) + double.Parse(fields[ProcessStat.SystemTime], CultureInfo.InvariantCulture)) / TicksPerSecond;
    });

    private void Signal(int signal)
    {
        foreach (var process in Processes)
        {
            Signals.Send(process, signal);
        }
    }
}
