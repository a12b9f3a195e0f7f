using System.Diagnostics;

namespace AtomGrains.Bench.Turns;

/// <summary>
/// Compares two sides that live side by side and take turns on the machine, one paused while the other runs. Cores of a
/// shared machine change their speed within seconds, each for itself; in turns of two seconds both sides see the same of it,
/// where runs after each other gave ratios from 0.7 to 1.0 for one pair of programs.
/// </summary>
internal static class TurnTaking
{
    private const int TurnsPerSample = 4;

    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(5);

    /// <param name="samples">Rates taken of each side.</param>
    /// <param name="warmUpSteps">Steps of each side before the first turn: methods are compiled and buffers have grown by then.</param>
    public static (IReadOnlyList<double> Left, IReadOnlyList<double> Right, IReadOnlyList<double> Ratios) Measure(Contender left, Contender right, int samples, int warmUpSteps)
    {
        for (var began = Stopwatch.GetTimestamp(); left.Steps < warmUpSteps || right.Steps < warmUpSteps; Thread.Sleep(50))
        {
            if (Stopwatch.GetElapsedTime(began) > Deadline)
            {
                throw new TimeoutException($"no {warmUpSteps} steps of each side within {Deadline}; {left.Steps} and {right.Steps}");
            }
        }

        left.Pause();
        right.Pause();
        var (lefts, rights) = (new List<double>(), new List<double>());
        for (var sample = 0; sample < samples; sample++)
        {
            var first = left.Turns;
            for (var turn = 0; turn < TurnsPerSample; turn++)
            {
                var (one, other) = (turn + sample) % 2 == 0 ? (left, right) : (right, left);
                one.TakeTurn(Turn);
                other.TakeTurn(Turn);
            }

            lefts.Add(left.TokensPerSecond(first, TurnsPerSample));
            rights.Add(right.TokensPerSecond(first, TurnsPerSample));
        }

        return (lefts, rights, [.. lefts.Zip(rights, (a, b) => a / b)]);
    }
}
