using AtomGrains.Bench.Figures;
using AtomGrains.Bench.Runs;
using AtomGrains.Bench.Transport;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Node.Storage;

namespace AtomGrains.Bench.Recovery;

/// <summary>
/// What moving partitions costs the steps meanwhile. The world shrinks by one worker at a time: what that one holds moves to
/// the others while steps go on, and no process starts that would take the processors for itself. The steps of the move are
/// compared with undisturbed ones of as many workers, and their delay with a plain copy of the same bytes from process to
/// process, into memory that the receiver has to be given first, as a node has for a replica that is new to it, and the lane
/// that the leaver was at, which is begun again elsewhere. The model is large for its batch, so that a copy is not lost in the
/// length of a step.
/// </summary>
internal static class ReshardBench
{
    private const int Workers = 4;
    private const int Fewest = 2;
    private const int StepsBetween = 16;
    private const int CopyBytes = 8 << 20;

    public static IReadOnlyList<Figure> Measure(BenchOptions options)
    {
        var (calm, moved, copies, lanes) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        var (delays, beyond, beyondWarm, again) = (new List<double>(), new List<double>(), new List<double>(), 0L);
        var warm = new List<double>();
        var committed = true;
        for (var i = 0; i < options.Count(6, 1); i++)
        {
            var scales = Enumerable.Range(Fewest, Workers - Fewest).Reverse().SelectMany((workers, order) => new[] { "--fault", $"scale={workers}@step={(order + 1) * StepsBetween}" });
            var steps = (Workers - Fewest + 1) * StepsBetween;
            using var run = new TrainRun([
                "--workers", $"{Workers}", "--steps", $"{steps}", "--layers", "6", "--heads", "6", "--width", "384", "--context", "8",
                "--global-batch", "16", "--lanes", "16", "--block-elements", "65536", "--checkpoint-every", "0", .. scales]);
            var report = run.Finish();
            committed &= report.StepsCommitted == steps;
            again += report.LanesRecomputed;
            var (still, moves) = Steps(run);
            var rate = Rate("plain-new");
            var warmRate = Rate("plain");
            var record = RunRecord.Read(run.Folder)!;
            var layout = new PartitionLayout(record.Elements!.Value, record.Spec.BlockElements, record.Spec.Partitions);
            calm.AddRange(still.Select(step => step.Milliseconds));
            foreach (var (view, milliseconds, _) in moves)
            {
                var alike = still.Where(step => step.View.Workers.Count == view.Workers.Count).ToList();
                var bytes = BytesOf(view, layout);
                moved.Add(bytes / 1e6);
                copies.Add(1000 * bytes / rate);
                warm.Add(1000 * bytes / warmRate);
                lanes.Add(Figure.MedianOf(alike.Select(step => step.LaneMilliseconds)));
                delays.Add(milliseconds - Figure.MedianOf(alike.Select(step => step.Milliseconds)));
                beyond.Add(delays[^1] - copies[^1] - lanes[^1]);
                beyondWarm.Add(delays[^1] - warm[^1] - lanes[^1]);
            }
        }

        return
        [
            new Figure("undisturbed step", "ms", calm),
            new Figure("moved in a step's view", "MB", moved),
            new Figure("plain copy of that into new memory", "ms", copies),
            new Figure("plain copy of that into memory in use", "ms", warm),
            new Figure("step with a move under way longer by", "ms", delays),
            new Figure("a lane", "ms", lanes),
            new Figure("longer by, less the copy into memory in use and a lane", "ms", beyondWarm),
            new Figure("longer by, less the copy into new memory and a lane", "ms", beyond) { AtMost = 0 },
            new Figure("lanes computed again in a move", "lanes", [again / (double)moved.Count]) { AtMost = 1 },
            new Figure("every step committed", "runs", [committed ? 1 : 0]) { AtLeast = 1 },
        ];
    }

    private static double Rate(string path) => TransportRate.Measure(path, withBusy: true, echo: false, CopyBytes, 8).BytesPerSecond;

    // A step belongs to a move when copies were on their way in its view. That in which the world changes is neither that
    // nor undisturbed; nor are the first ones.
    private static (List<TimedStep> Still, List<TimedStep> Moves) Steps(TrainRun run)
    {
        var (still, moves) = (new List<TimedStep>(), new List<TimedStep>());
        var steps = run.Watch.Steps;
        foreach (var (before, step) in steps.Zip(steps.Skip(1)).Skip(StepsBetween / 2))
        {
            // By its own line: that comes with the next step's seals, when the time to see it is the next step's.
            var seconds = step.Line.Seconds;
            var milliseconds = 1000 * (seconds.Pull + seconds.Compute + seconds.Push + seconds.Seal + seconds.Apply);
            var view = run.View(step.Line.Generation);
            if (view.Partitions.Any(placement => placement.Joiner is not null))
            {
                moves.Add(new TimedStep(view, milliseconds, view.LaneMilliseconds(step.Line)));
            }
            else if (before.Line.Generation == step.Line.Generation)
            {
                still.Add(new TimedStep(view, milliseconds, view.LaneMilliseconds(step.Line)));
            }
        }

        return (still, moves);
    }

    private static double BytesOf(View view, PartitionLayout layout) => layout.Partitions.Where(range => view.Placement(range.Id).Joiner is not null)
        .Sum(range => (double)range.Blocks * FillBlock.Floats(range.BlockElements) * sizeof(float));

    private readonly record struct TimedStep(View View, double Milliseconds, double LaneMilliseconds);
}
