using AtomGrains.Bench.Figures;
using AtomGrains.Bench.Runs;

namespace AtomGrains.Bench.Throughput;

/// <summary>
/// What a Merkle root of every step costs: tokens a second of two workers with roots against the same without, in pairs
/// back to back, so that a neighbour on the machine disturbs both; who goes first alternates.
/// </summary>
internal static class RootsBench
{
    private const double LeastRatio = 0.98;
    private const int WarmUpSteps = 10;
    private const int MeasuredSteps = 30;

    public static IReadOnlyList<Figure> Measure(BenchOptions options)
    {
        var (on, off) = (new List<double>(), new List<double>());
        for (var pair = 0; pair < options.Count(8, 2); pair++)
        {
            foreach (var roots in pair % 2 == 0 ? new[] { true, false } : [false, true])
            {
                using var run = new TrainRun("--workers", "2", "--steps", $"{WarmUpSteps + MeasuredSteps}", "--roots", roots ? "on" : "off");
                run.Watch.LookSeldom();
                run.Finish();
                (roots ? on : off).Add(run.TokensPerSecond(WarmUpSteps));
            }
        }

        return
        [
            new Figure("two workers, roots on", "tokens/s", on),
            new Figure("two workers, roots off", "tokens/s", off),
            new Figure("roots, ratio of each pair", "ratio", [.. on.Zip(off, (a, b) => a / b)]) { AtLeast = LeastRatio },
        ];
    }
}
