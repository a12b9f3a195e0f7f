using AtomGrains.Bench.Figures;
using AtomGrains.Bench.Runs;

namespace AtomGrains.Bench.Silos;

/// <summary>
/// Tokens a second of silos against the embedded host with as many workers.
/// </summary>
internal static class HostPairBench
{
    private const double LeastRatio = 0.97;

    // A silo has more code to compile than a worker, and does it while it trains.
    private const int WarmUpSteps = 20;

    public static IReadOnlyList<Figure> Measure(BenchOptions options)
    {
        var (silos, embedded, ratios) = Pairs.Measure(options.Count(6, 2), () => Rate(BenchHost.Orleans), () => Rate(BenchHost.Local));
        return
        [
            new Figure("two silos", "tokens/s", silos),
            new Figure("the embedded host, two workers", "tokens/s", embedded),
            new Figure("ratio of each pair", "ratio", ratios) { AtLeast = LeastRatio },
        ];

        double Rate(BenchHost host)
        {
            using var run = new TrainRun(host, "--workers", "2", "--steps", $"{WarmUpSteps + options.Count(60, 30)}");
            run.Watch.LookSeldom();
            run.Finish();
            return run.TokensPerSecond(WarmUpSteps);
        }
    }
}
