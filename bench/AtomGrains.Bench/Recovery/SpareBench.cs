using AtomGrains.Bench.Figures;
using AtomGrains.Bench.Runs;
using AtomGrains.Node.Workers;

namespace AtomGrains.Bench.Recovery;

/// <summary>With a spare, the world is whole one step bound after a kill: all workers own lanes, all backups are there.</summary>
internal static class SpareBench
{
    private const int Workers = 3;

    public static IReadOnlyList<Figure> Measure(BenchOptions options)
    {
        using var run = new TrainRun("--workers", $"{Workers}", "--spares", "1", "--lanes", "16", "--steps", "100000");
        var series = new KillSeries(run, Workers, calmSteps: 5);
        for (var i = 0; i < options.Count(10, 3); i++)
        {
            run.WaitUntil("a spare", () => run.Status()?.Processes.Any(process => process.State == "spare") == true);
            series.WaitForCalm();
            series.Strike(run.Workers()[i % Workers].Worker!.Value, Signals.Kill);
        }

        series.WaitForCalm();
        run.Stop();
        var undisturbed = Figure.MedianOf(series.CalmSteps());
        return
        [
            new Figure("undisturbed step", "ms", series.CalmSteps()),
            new Figure("interrupted step ends later by", "ms", [.. series.Kills.Select(kill => series.Delay(kill, undisturbed))]),
            new Figure("step bounds until whole again", "steps", [.. series.Kills.Select(series.BoundsUntilWhole)]) { AtMost = 1, BoundsEach = true },
            new Figure("steps lost or repeated", "steps", [series.StepsLost()]) { AtMost = 0 },
        ];
    }
}
