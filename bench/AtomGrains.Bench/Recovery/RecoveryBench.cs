using AtomGrains.Bench.Figures;
using AtomGrains.Bench.Runs;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Workers;

namespace AtomGrains.Bench.Recovery;

/// <summary>
/// What <c>kill -9</c> of a node from outside costs: each hosts a worker, primaries and backups. The interrupted step
/// may end 500 ms + R later than an undisturbed one; R is the time of the lanes that the survivors take over.
/// </summary>
internal static class RecoveryBench
{
    private const int Workers = 4;
    private const double MostMilliseconds = 500;
    private const double MostSupervisorMegabytes = 150;

    public static IReadOnlyList<Figure> Measure(BenchOptions options)
    {
        using var run = new TrainRun("--workers", $"{Workers}", "--steps", "100000");
        var series = new KillSeries(run, Workers, calmSteps: 5);
        for (var i = 0; i < options.Count(20, 4); i++)
        {
            series.Strike(i % Workers, Signals.Kill);
        }

        series.WaitForCalm();
        var report = run.Stop();
        var undisturbed = Figure.MedianOf(series.CalmSteps());
        var lane = series.LaneMilliseconds();
        var delays = series.Kills.Select(kill => series.Delay(kill, undisturbed)).ToList();
        var again = series.Kills.Select(series.Again).ToList();
        return
        [
            new Figure("undisturbed step", "ms", series.CalmSteps()),
            new Figure("lane", "ms", [lane]),
            new Figure("interrupted step ends later by", "ms", delays),
            new Figure("R", "ms", again),
            new Figure("later by, less R", "ms", [.. delays.Zip(again, (delay, r) => delay - r)]) { AtMost = MostMilliseconds },
            .. Phases(report),
            new Figure("step bounds until whole again", "steps", [.. series.Kills.Select(series.BoundsUntilWhole)]),
            new Figure("steps lost or repeated", "steps", [series.StepsLost()]) { AtMost = 0 },
            new Figure("lanes computed again, of the dead workers' lanes", "ratio", [report.LanesRecomputed / (double)series.Kills.Sum(kill => kill.DeadLanes)]) { AtMost = 1 },
            new Figure("faults in the ledger, of the signals sent", "ratio", [report.Faults / (double)series.Kills.Count]) { AtLeast = 1 },
            new Figure("supervisor, peak resident", "MB", [report.PeakRssBytes["supervisor"] / 1e6]) { AtMost = MostSupervisorMegabytes },
            new Figure("node, peak resident", "MB", [report.PeakRssBytes["node"] / 1e6]),
        ];
    }

    /// <summary>What the run says of its own recoveries, phase by phase.</summary>
    public static IEnumerable<Figure> Phases(RunReport report)
    {
        var seconds = report.Recoveries.Select(recovery => recovery.Seconds).ToList();
        return
        [
            Phase("detect", phase => phase.Detect),
            Phase("fence", phase => phase.Fence),
            Phase("reassign", phase => phase.Reassign),
            Phase("replay", phase => phase.Replay),
            Phase("transfer, in the background", phase => phase.Transfer),
        ];

        Figure Phase(string name, Func<RecoverySeconds, double> of) => new($"phase: {name}", "ms", [.. seconds.Select(phase => 1000 * of(phase))]);
    }
}
