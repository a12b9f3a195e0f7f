using System.Diagnostics;
using AtomGrains.Bench.Figures;
using AtomGrains.Bench.Runs;
using AtomGrains.Node.Workers;

namespace AtomGrains.Bench.Recovery;

/// <summary>How long a paused process (SIGSTOP) owns its lanes: from the signal to the register's record of a view without it.</summary>
internal static class PauseBench
{
    private const int Workers = 2;
    private const double MostSeconds = 2;

    public static IReadOnlyList<Figure> Measure(BenchOptions options)
    {
        using var run = new TrainRun("--workers", $"{Workers}", "--steps", "100000");
        var series = new KillSeries(run, Workers, calmSteps: 5);
        var noticed = new List<double>();
        for (var i = 0; i < options.Count(10, 3); i++)
        {
            series.WaitForCalm();
            var paused = run.Workers()[i % Workers].Pid;
            var kill = series.Strike(i % Workers, Signals.Stop);
            noticed.Add(Stopwatch.GetElapsedTime(kill.At).TotalSeconds);
            // It wakes up fenced, is told so, and ends.
            Signals.Send(paused, Signals.Continue);
        }

        series.WaitForCalm();
        run.Stop();
        return
        [
            new Figure("pause noticed and fenced after", "s", noticed) { AtMost = MostSeconds, BoundsEach = true },
            new Figure("steps lost or repeated", "steps", [series.StepsLost()]) { AtMost = 0 },
        ];
    }
}
