using System.Diagnostics;
using System.Text.Json;
using AtomGrains.Bench.Figures;
using AtomGrains.Bench.Runs;
using AtomGrains.Torch.Engine;

namespace AtomGrains.Bench.Throughput;

/// <summary>
/// Tokens a second of two workers, replicas on, against two independent bare loops over the same lanes of the same
/// data. Each pair is measured back to back and gives one ratio, so that a neighbour on the machine disturbs both.
/// </summary>
internal static class ThroughputBench
{
    private const double LeastRatio = 0.93;

    // Compilation in tiers and the growth of buffers are behind a process by then.
    private const int WarmUpSteps = 10;

    public static IReadOnlyList<Figure> Measure(BenchOptions options)
    {
        var (with, bare, overhead) = (new List<double>(), new List<double>(), new List<double>());
        var steps = WarmUpSteps + options.Count(40, 30);
        string[] arguments = ["--workers", "2", "--steps", $"{steps}"];
        using var first = new TrainRun(arguments); // whose folder has the bare loops' data; not measured
        first.Finish();
        var tokens = (double)first.Watch.Steps[0].Line.Tokens;
        for (var pair = 0; pair < options.Count(10, 2); pair++)
        {
            // The machine's speed drifts: who comes first changes from pair to pair.
            if (pair % 2 == 1)
            {
                bare.Add(BareTokensPerSecond(first.Folder, steps, tokens / 2));
            }

            using var run = new TrainRun(arguments);
            run.Watch.LookSeldom();
            run.Finish();
            var lines = run.Watch.Steps.Skip(WarmUpSteps).Select(step => step.Line).ToList();
            with.Add(run.TokensPerSecond(WarmUpSteps));
            overhead.Add(1000 * Figure.MedianOf(lines.Select(line => line.Seconds.Pull + line.Seconds.Push + line.Seconds.Seal + line.Seconds.Apply)));
            if (pair % 2 == 0)
            {
                bare.Add(BareTokensPerSecond(first.Folder, steps, tokens / 2));
            }
        }

        return
        [
            new Figure("two workers, replicas on", "tokens/s", with),
            new Figure("two bare loops", "tokens/s", bare),
            new Figure("ratio of each pair", "ratio", [.. with.Zip(bare, (a, b) => a / b)]) { AtLeast = LeastRatio },
            new Figure("step, beside computing", "ms", overhead),
        ];
    }

    private static double BareTokensPerSecond(string folder, int steps, double tokensOfHalf)
    {
        var halves = Enumerable.Range(0, 2).Select(half => Start(folder, half, steps)).ToList();
        halves.ForEach(half => half.StandardOutput.ReadLine());
        halves.ForEach(half => half.StandardInput.WriteLine());
        return halves.Sum(half =>
        {
            using (half)
            {
                var seconds = JsonSerializer.Deserialize<double[]>(half.StandardOutput.ReadToEnd())!;
                return tokensOfHalf * (steps - WarmUpSteps) / seconds.Skip(WarmUpSteps).Sum();
            }
        });
    }

    private static Process Start(string folder, int half, int steps)
    {
        var info = new ProcessStartInfo(Environment.ProcessPath!, [BareLoop.Command, folder, $"{half}", $"{steps}"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        foreach (var (name, value) in WorkerEnvironment.Variables(threads: 1))
        {
            info.Environment[name] = value;
        }

        return Process.Start(info)!;
    }
}
