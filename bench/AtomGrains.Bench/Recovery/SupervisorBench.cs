using System.Diagnostics;
using AtomGrains.Bench.Figures;
using AtomGrains.Bench.Runs;

namespace AtomGrains.Bench.Recovery;

/// <summary>
/// <c>kill -9</c> of the supervisor while its nodes live: from the start of the next one to the first step that it commits,
/// whatever the process itself takes to start included.
/// </summary>
internal static class SupervisorBench
{
    private const int Workers = 4;
    private const double MostSeconds = 3;

    public static IReadOnlyList<Figure> Measure(BenchOptions options)
    {
        using var run = new TrainRun("--workers", $"{Workers}", "--steps", "100000");
        var series = new KillSeries(run, Workers, calmSteps: 5);
        var (seconds, processes) = (new List<double>(), new HashSet<int>());
        var kills = options.Count(10, 3);
        for (var i = 0; i < kills; i++)
        {
            series.WaitForCalm();
            processes.UnionWith(run.Workers().Select(worker => worker.Pid));
            var started = run.ReplaceSupervisor();
            var before = run.Watch.Count;

            // The stamp of a step is that of the line before its own: the first new line tells of the step after it.
            run.WaitUntil("the next steps", () => run.Watch.Count > before + 1);
            seconds.Add(Stopwatch.GetElapsedTime(started, run.Watch.Steps[before + 1].SeenAt).TotalSeconds);
        }

        series.WaitForCalm();
        var report = run.Stop();
        return
        [
            new Figure("undisturbed step", "ms", series.CalmSteps()),
            new Figure("supervisor killed: next commit after its restart", "s", seconds) { AtMost = MostSeconds, BoundsEach = true },
            .. RecoveryBench.Phases(report),
            new Figure("supervisors' deaths in the ledger, of the signals sent", "ratio", [report.Faults / (double)kills]) { AtLeast = 1 },
            new Figure("worker processes that were ever there, of the workers", "ratio", [processes.Count / (double)Workers]) { AtMost = 1 },
            new Figure("steps lost or repeated", "steps", [series.StepsLost()]) { AtMost = 0 },
        ];
    }
}
