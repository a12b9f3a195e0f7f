using AtomGrains.Bench.Figures;
using AtomGrains.Bench.Recovery;
using AtomGrains.Bench.Runs;
using AtomGrains.Node.Workers;

namespace AtomGrains.Bench.Silos;

/// <summary>
/// What <c>kill -9</c> of a silo costs: of one that hosts a worker alone, and of the one that hosts the run grain as well.
/// </summary>
internal static class SiloKillBench
{
    private const int Workers = 3;
    private const double MostMilliseconds = 500;
    private const double MostUntilWhole = 5000;
    private const double MostOfTheRunGrain = 3000;

    public static IReadOnlyList<Figure> Measure(BenchOptions options)
    {
        using var run = new TrainRun(BenchHost.Orleans, "--workers", $"{Workers}", "--steps", "100000");
        var series = new KillSeries(run, Workers, calmSteps: 5);
        var (others, coordinators) = (new List<Kill>(), new List<Kill>());
        for (var i = 0; i < options.Count(10, 3); i++)
        {
            others.Add(Strike(isTheRunGrains: false, i));
            coordinators.Add(Strike(isTheRunGrains: true, i));
        }

        series.WaitForCalm();
        var report = run.Stop();
        var undisturbed = Figure.MedianOf(series.CalmSteps());
        return
        [
            new Figure("undisturbed step", "ms", series.CalmSteps()),
            new Figure("R", "ms", [.. others.Select(series.Again)]),
            new Figure("a silo: interrupted step ends later by, less R", "ms", [.. others.Select(kill => series.Delay(kill, undisturbed) - series.Again(kill))]) { AtMost = MostMilliseconds },
            new Figure("a silo: kill to all workers and backups there", "ms", [.. others.Select(series.UntilWhole)]) { AtMost = MostUntilWhole },
            new Figure("the run grain's silo: kill to next commit", "ms", [.. coordinators.Select(series.UntilNextStep)]) { AtMost = MostOfTheRunGrain, BoundsEach = true },
            new Figure("the run grain's silo: kill to all workers and backups there", "ms", [.. coordinators.Select(series.UntilWhole)]),
            .. RecoveryBench.Phases(report),
            new Figure("steps lost or repeated", "steps", [series.StepsLost()]) { AtMost = 0 },
        ];

        Kill Strike(bool isTheRunGrains, int turn)
        {
            series.WaitForCalm();
            var coordinator = RunGrain.Process(run);
            var candidates = run.Workers().Where(worker => (worker.Pid == coordinator) == isTheRunGrains).ToList();
            return series.Strike(candidates[turn % candidates.Count].Worker!.Value, Signals.Kill);
        }
    }
}
