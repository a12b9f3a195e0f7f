using AtomGrains.Bench.Figures;
using AtomGrains.Bench.Runs;

namespace AtomGrains.Bench.Throughput;

/// <summary>What a setting that is on or off costs: tokens a second of two workers with it against the same without.</summary>
internal static class SwitchBench
{
    private const int WarmUpSteps = 10;
    private const int MeasuredSteps = 30;

    /// <summary>A Merkle root of every step.</summary>
    public static IReadOnlyList<Figure> Roots(BenchOptions options) => Measure(options, "roots", 0.98);

    /// <summary>A second copy of each partition.</summary>
    public static IReadOnlyList<Figure> Replicas(BenchOptions options) => Measure(options, "replicas", 0.97);

    private static IReadOnlyList<Figure> Measure(BenchOptions options, string setting, double leastRatio)
    {
        var (on, off, ratios) = Pairs.Measure(options.Count(8, 2), () => TokensPerSecond(setting, "on"), () => TokensPerSecond(setting, "off"));
        return
        [
            new Figure($"two workers, {setting} on", "tokens/s", on),
            new Figure($"two workers, {setting} off", "tokens/s", off),
            new Figure($"{setting}, ratio of each pair", "ratio", ratios) { AtLeast = leastRatio },
        ];
    }

    private static double TokensPerSecond(string setting, string value)
    {
        using var run = new TrainRun("--workers", "2", "--steps", $"{WarmUpSteps + MeasuredSteps}", $"--{setting}", value);
        run.Watch.LookSeldom();
        run.Finish();
        return run.TokensPerSecond(WarmUpSteps);
    }
}
