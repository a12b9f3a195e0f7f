using AtomGrains.Bench.Figures;
using AtomGrains.Bench.Turns;

namespace AtomGrains.Bench.Throughput;

/// <summary>
/// Tokens a second of two workers, replicas on, against two independent bare loops over the same lanes of the same data: with
/// the default batch, whose step is a quarter of a second here, and with four times that, as many tokens a step as nanoGPT's
/// character model has.
/// </summary>
internal static class ThroughputBench
{
    private const double LeastRatio = 0.93;

    public static IReadOnlyList<Figure> Measure(BenchOptions options) =>
    [
        .. Measure(options, warmUpSteps: 40),
        .. Measure(options, warmUpSteps: 15, "--global-batch", "128", "--lanes", "64"),
    ];

    private static IReadOnlyList<Figure> Measure(BenchOptions options, int warmUpSteps, params string[] batch)
    {
        using var workers = new TrainContender(batch);
        workers.Run.WaitUntil("its first step", () => workers.Steps > 0);
        var tokens = workers.Run.Watch.Steps[0].Line.Tokens;
        using var bare = new BareContender(workers.Run.Folder, tokens);
        var (with, without, ratios) = TurnTaking.Measure(workers, bare, options.Count(10, 2), warmUpSteps);
        workers.End(sinceStep: warmUpSteps);
        var overhead = workers.Run.Watch.Steps.Skip(warmUpSteps).Select(step => step.Line.Seconds).Select(seconds => 1000 * (seconds.Pull + seconds.Push + seconds.Seal + seconds.Apply));
        return
        [
            new Figure($"{tokens} tokens a step: two workers, replicas on", "tokens/s", with),
            new Figure($"{tokens} tokens a step: two bare loops", "tokens/s", without),
            new Figure($"{tokens} tokens a step: ratio, turn by turn", "ratio", ratios) { AtLeast = LeastRatio },
            new Figure($"{tokens} tokens a step: processors busy, workers and bare", "of 2", [workers.ProcessorsBusy, bare.ProcessorsBusy]),
            new Figure($"{tokens} tokens a step: beside computing", "ms", [.. overhead]),
        ];
    }
}
