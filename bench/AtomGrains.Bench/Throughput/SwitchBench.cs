using AtomGrains.Bench.Figures;
using AtomGrains.Bench.Turns;

namespace AtomGrains.Bench.Throughput;

/// <summary>What a setting costs: tokens a second of two workers with it against the same without.</summary>
internal static class SwitchBench
{
    private const int WarmUpSteps = 40;

    /// <summary>A Merkle root of every step.</summary>
    public static IReadOnlyList<Figure> Roots(BenchOptions options) => Measure(options, "roots", "on", "off", 0.98);

    /// <summary>A second copy of each partition.</summary>
    public static IReadOnlyList<Figure> Replicas(BenchOptions options) => Measure(options, "replicas", "on", "off", 0.97);

    /// <summary>A checkpoint every ten steps.</summary>
    public static IReadOnlyList<Figure> Checkpoints(BenchOptions options) => Measure(options, "checkpoint-every", "10", "0", 0.98);

    private static IReadOnlyList<Figure> Measure(BenchOptions options, string setting, string on, string off, double leastRatio)
    {
        using var with = new TrainContender($"--{setting}", on);
        using var without = new TrainContender($"--{setting}", off);
        var (ons, offs, ratios) = TurnTaking.Measure(with, without, options.Count(12, 2), WarmUpSteps);
        with.End(WarmUpSteps);
        without.End(WarmUpSteps);
        return
        [
            new Figure($"two workers, {setting} {on}", "tokens/s", ons),
            new Figure($"two workers, {setting} {off}", "tokens/s", offs),
            new Figure($"{setting}, ratio turn by turn", "ratio", ratios) { AtLeast = leastRatio },
        ];
    }
}
