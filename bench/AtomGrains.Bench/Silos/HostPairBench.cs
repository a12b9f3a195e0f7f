using AtomGrains.Bench.Figures;
using AtomGrains.Bench.Turns;

namespace AtomGrains.Bench.Silos;

/// <summary>
/// Tokens a second of two silos against the embedded host with as many workers: with the default batch, and with four times
/// that, as many tokens a step as nanoGPT's character model has. What a silo does beside its lanes comes by the step and by
/// the second.
/// </summary>
internal static class HostPairBench
{
    private const double LeastRatio = 0.97;

    // A silo has more code to compile than a worker, and does it while it trains.
    private const int WarmUpSteps = 60;

    public static IReadOnlyList<Figure> Measure(BenchOptions options) =>
    [
        .. Measure(options, WarmUpSteps),
        .. Measure(options, WarmUpSteps / 4, "--global-batch", "128", "--lanes", "64"),
    ];

    private static IReadOnlyList<Figure> Measure(BenchOptions options, int warmUpSteps, params string[] batch)
    {
        using var silosRun = new TrainContender(BenchHost.Orleans, batch);
        using var embeddedRun = new TrainContender(batch);
        embeddedRun.Run.WaitUntil("its first step", () => embeddedRun.Steps > 0);
        var tokens = embeddedRun.Run.Watch.Steps[0].Line.Tokens;
        var (silos, embedded, ratios) = TurnTaking.Measure(silosRun, embeddedRun, options.Count(12, 2), warmUpSteps);
        silosRun.End(warmUpSteps);
        embeddedRun.End(warmUpSteps);
        return
        [
            new Figure($"{tokens} tokens a step: two silos", "tokens/s", silos),
            new Figure($"{tokens} tokens a step: the embedded host, two workers", "tokens/s", embedded),
            new Figure($"{tokens} tokens a step: ratio, turn by turn", "ratio", ratios) { AtLeast = LeastRatio },
        ];
    }
}
