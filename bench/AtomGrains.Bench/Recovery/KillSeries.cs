using System.Diagnostics;
using AtomGrains.Bench.Figures;
using AtomGrains.Bench.Runs;
using AtomGrains.Core.Membership;
using AtomGrains.Node.Workers;

namespace AtomGrains.Bench.Recovery;

/// <summary>
/// Strikes workers of a run one after the other, each time at another moment of a step, and waits in between until
/// the world is whole and calm again: what a fault costs is compared with the undisturbed steps of the same run.
/// </summary>
internal sealed class KillSeries(TrainRun run, int workers, int calmSteps)
{
    // The golden ratio spreads the moments evenly over a step, however many there are.
    private const double MomentStride = 0.618034;

    private readonly Dictionary<long, View> _views = [];
    private readonly List<Kill> _kills = [];

    public IReadOnlyList<Kill> Kills => _kills;

    /// <summary>Waits for calm, strikes the worker of a slot, and returns once a newer view stands in the register.</summary>
    public Kill Strike(int slot, int signal)
    {
        WaitForCalm();
        var before = run.Watch.Count;
        var step = Figure.MedianOf(CalmSteps().TakeLast(20));
        run.WaitUntil("the next step", () => run.Watch.Count > before);
        Thread.Sleep(TimeSpan.FromMilliseconds(step * (_kills.Count * MomentStride % 1)));
        var view = run.NewestView()!;
        var pid = run.Workers().Single(process => process.Worker == slot).Pid;
        var kill = new Kill(Stopwatch.GetTimestamp(), view.Generation.Value, view.LanesOf(view.Members.Single(member => member.Slot == slot).Node).Count());
        Signals.Send(pid, signal);
        run.WaitUntil("a view without the lost worker", () => run.NewestView()!.Generation.Value > kill.Generation);
        _kills.Add(kill);
        return kill;
    }

    /// <summary>All workers own lanes, each partition has a backup, and some steps have passed under that very view.</summary>
    public void WaitForCalm() => run.WaitUntil($"{workers} workers and all backups", () =>
        run.NewestView() is { } newest && newest.IsWhole(workers)
        && run.Watch.Steps.Count(step => step.Line.Generation == newest.Generation.Value) >= calmSteps
        && run.Workers().Count == workers);

    /// <summary>Milliseconds of each undisturbed step: same whole view as the step before.</summary>
    public List<double> CalmSteps() => [.. Calm(run.Watch.Steps).Select(pair => Milliseconds(pair.Before.SeenAt, pair.Step.SeenAt))];

    /// <summary>Median milliseconds of a lane in undisturbed steps, by the slowest worker's own clock.</summary>
    public double LaneMilliseconds() => Figure.MedianOf(Calm(run.Watch.Steps).Select(pair => ViewOf(pair.Step.Line.Generation).LaneMilliseconds(pair.Step.Line)));

    /// <summary>Milliseconds that the interrupted step ended later than an undisturbed one.</summary>
    public double Delay(Kill kill, double undisturbed)
    {
        var (before, step) = Interrupted(kill);
        return Milliseconds(before.SeenAt, step.SeenAt) - undisturbed;
    }

    /// <summary>Milliseconds from the signal to the first step that is decided without the lost worker.</summary>
    public double UntilNextStep(Kill kill) => Milliseconds(kill.At, Interrupted(kill).Step.SeenAt);

    /// <summary>Milliseconds from the signal to the first step decided under a whole view.</summary>
    public double UntilWhole(Kill kill) => Milliseconds(
        kill.At, run.Watch.Steps.First(step => step.Line.Generation > kill.Generation && ViewOf(step.Line.Generation).IsWhole(workers)).SeenAt);

    /// <summary>R: milliseconds of the lanes that each survivor takes over.</summary>
    public double Again(Kill kill) => LaneMilliseconds() * Math.Ceiling(kill.DeadLanes / (workers - 1.0));

    /// <summary>Step bounds after the interrupted step until a step was decided under a whole view.</summary>
    public double BoundsUntilWhole(Kill kill)
    {
        var interrupted = Interrupted(kill).Step.Line.Step;
        return run.Watch.Steps.First(step => step.Line.Step >= interrupted && ViewOf(step.Line.Generation).IsWhole(workers)).Line.Step - interrupted;
    }

    /// <summary>Steps of the metrics that are missing, repeated or of another lineage than the first.</summary>
    public double StepsLost()
    {
        var steps = run.Watch.Steps;
        return steps.Where((step, index) => step.Line.Step != index || step.Line.Lineage != steps[0].Line.Lineage).Count();
    }

    private (ObservedStep Before, ObservedStep Step) Interrupted(Kill kill)
    {
        run.WaitUntil("the interrupted step's end", () => run.Watch.Steps[^1].Line.Generation > kill.Generation);
        var steps = run.Watch.Steps;
        var index = steps.ToList().FindIndex(step => step.Line.Generation > kill.Generation);
        return (steps[index - 1], steps[index]);
    }

    private IEnumerable<(ObservedStep Before, ObservedStep Step)> Calm(IReadOnlyList<ObservedStep> steps) =>
        steps.Zip(steps.Skip(1)).Where(pair =>
            pair.First.Line.Generation == pair.Second.Line.Generation
            && ViewOf(pair.First.Line.Generation).IsWhole(workers)
            && !_kills.Any(kill => kill.At > pair.First.SeenAt && kill.At < pair.Second.SeenAt));

    private View ViewOf(long generation)
    {
        if (!_views.TryGetValue(generation, out var view))
        {
            _views[generation] = view = run.View(generation);
        }

        return view;
    }

    private static double Milliseconds(long from, long to) => Stopwatch.GetElapsedTime(from, to).TotalMilliseconds;
}
