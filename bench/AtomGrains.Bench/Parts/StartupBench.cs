using System.Diagnostics;
using AtomGrains.Bench.Figures;
using AtomGrains.Bench.Runs;

namespace AtomGrains.Bench.Parts;

/// <summary>How soon a run of one worker takes its first step: the start of the supervisor, of a node, and its first lanes.</summary>
internal static class StartupBench
{
    public static IReadOnlyList<Figure> Measure(BenchOptions options)
    {
        var (formed, first) = (new List<double>(), new List<double>());
        for (var i = 0; i < options.Count(5, 2); i++)
        {
            using var run = new TrainRun("--workers", "1", "--steps", "1");
            run.WaitUntil("the first view", () => run.NewestView() is not null);
            formed.Add(Stopwatch.GetElapsedTime(run.Started).TotalSeconds);
            run.Finish();
            first.Add(Stopwatch.GetElapsedTime(run.Started, run.Watch.Steps[0].SeenAt).TotalSeconds);
        }

        return [new Figure("start to the first view", "s", formed), new Figure("start to the end of the first step", "s", first)];
    }
}
