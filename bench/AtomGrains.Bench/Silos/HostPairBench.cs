using AtomGrains.Bench.Figures;
using AtomGrains.Bench.Turns;

namespace AtomGrains.Bench.Silos;

/// <summary>
/// Tokens a second of silos against the embedded host with as many workers.
/// </summary>
internal static class HostPairBench
{
    private const double LeastRatio = 0.97;

    // A silo has more code to compile than a worker, and does it while it trains.
    private const int WarmUpSteps = 60;

    public static IReadOnlyList<Figure> Measure(BenchOptions options)
    {
        using var silosRun = new TrainContender(BenchHost.Orleans);
        using var embeddedRun = new TrainContender();
        var (silos, embedded, ratios) = TurnTaking.Measure(silosRun, embeddedRun, options.Count(12, 2), WarmUpSteps);
        silosRun.End(WarmUpSteps);
        embeddedRun.End(WarmUpSteps);
        return
        [
            new Figure("two silos", "tokens/s", silos),
            new Figure("the embedded host, two workers", "tokens/s", embedded),
            new Figure("ratio, turn by turn", "ratio", ratios) { AtLeast = LeastRatio },
        ];
    }
}
