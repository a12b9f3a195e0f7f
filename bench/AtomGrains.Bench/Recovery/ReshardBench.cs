using AtomGrains.Bench.Figures;
using AtomGrains.Bench.Runs;
using AtomGrains.Bench.Transport;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Workers;

namespace AtomGrains.Bench.Recovery;

/// <summary>
/// What filling a replica costs the steps meanwhile: a worker is killed, and the steps in which its replacement is given
/// copies are compared with undisturbed ones, and their delay with a plain copy of the same bytes from process to process.
/// The model is large for its batch, so that copies are worth measuring.
/// </summary>
internal static class ReshardBench
{
    private const int Workers = 3;
    private const int CopyBytes = 8 << 20;

    public static IReadOnlyList<Figure> Measure(BenchOptions options)
    {
        using var run = new TrainRun(
            "--workers", $"{Workers}", "--steps", "100000", "--layers", "6", "--heads", "6", "--width", "384", "--context", "32",
            "--global-batch", "16", "--lanes", "16", "--block-elements", "65536", "--checkpoint-every", "0");
        var series = new KillSeries(run, Workers, calmSteps: 5);
        for (var i = 0; i < options.Count(10, 3); i++)
        {
            series.Strike(i % Workers, Signals.Kill);
        }

        series.WaitForCalm();
        var calm = series.CalmSteps();
        var (undisturbed, record) = (Figure.MedianOf(calm), RunRecord.Read(run.Folder)!);
        run.Stop();
        var layout = new PartitionLayout(record.Elements!.Value, record.Spec.BlockElements, record.Spec.Partitions);
        var fills = Fills(run).ToList();
        var rate = TransportRate.Measure("plain", withBusy: true, echo: false, CopyBytes, options.Count(64, 16)).BytesPerSecond;
        var copies = fills.Select(fill => 1000 * BytesOf(fill.View, layout) / rate).ToList();
        var delays = fills.Select(fill => fill.Milliseconds - undisturbed).ToList();
        return
        [
            new Figure("undisturbed step", "ms", calm),
            new Figure("moved in a step's view", "MB", [.. fills.Select(fill => BytesOf(fill.View, layout) / 1e6)]),
            new Figure("plain copy of that", "ms", copies),
            new Figure("step with a fill under way longer by", "ms", delays),
            new Figure("less the plain copy", "ms", [.. delays.Zip(copies, (delay, copy) => delay - copy)]) { AtMost = 0 },
            new Figure("steps lost or repeated", "steps", [series.StepsLost()]) { AtMost = 0 },
        ];
    }

    // Steps decided with all workers there and a copy on its way.
    private static IEnumerable<(View View, double Milliseconds)> Fills(TrainRun run)
    {
        var steps = run.Watch.Steps;
        foreach (var (before, step) in steps.Zip(steps.Skip(1)))
        {
            var view = run.View(step.Line.Generation);
            if (view.Workers.Count == Workers && view.Partitions.Any(placement => placement.Joiner is not null))
            {
                yield return (view, System.Diagnostics.Stopwatch.GetElapsedTime(before.SeenAt, step.SeenAt).TotalMilliseconds);
            }
        }
    }

    private static double BytesOf(View view, PartitionLayout layout) => layout.Partitions.Where(range => view.Placement(range.Id).Joiner is not null)
        .Sum(range => (double)range.Blocks * FillBlock.Floats(range.BlockElements) * sizeof(float));
}
