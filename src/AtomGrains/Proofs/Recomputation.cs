using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Replays;
using AtomGrains.Core.Runs;
using AtomGrains.Node.Storage;

namespace AtomGrains.Proofs;

/// <summary>Steps of a run, computed again on one process and compared with what the run has recorded of them.</summary>
internal sealed class Recomputation
{
    private readonly SurvivingHistory _history;
    private readonly Replayer _replayer;

    /// <param name="from">The first step that is wanted: the newest origin up to it is where computing begins.</param>
    /// <exception cref="InvalidDataException">No origin has anything up to that step.</exception>
    public Recomputation(RunSpec spec, IStepLoop loop, SurvivingHistory history, IReadOnlyList<IParameterOrigin> origins, long from)
    {
        _history = history;
        var (origin, version) = origins.Select(origin => (Origin: origin, Version: origin.Newest(from))).Where(entry => entry.Version is not null)
            .OrderByDescending(entry => entry.Version).FirstOrDefault();
        From = (origin ?? throw new InvalidDataException($"the parameters of no step up to {from} are left")).NameOf(version!.Value);
        _replayer = new Replayer(spec, loop, origin.Read(version.Value));
    }

    /// <summary>In words, where computing began.</summary>
    public string From { get; }

    /// <summary>The step that would be computed next.</summary>
    public long Version => _replayer.Version;

    /// <summary>One lane of the step at hand, which stays at hand.</summary>
    public ReplayedLane Lane(int lane) => _replayer.Lane(lane);

    /// <summary>Whether the parameters at hand are those that the run recorded.</summary>
    public Comparison Parameters => CompareRoot(Version);

    /// <summary>Computes the step at hand; what it comes to beside what the run recorded, in the order in which it comes about.</summary>
    public (ReplayedStep Step, IReadOnlyList<Comparison> Compared) Step()
    {
        var step = _replayer.Step();
        var line = _history.Lines[step.Decision.Step];
        var (decision, skipped) = (step.Decision, step.Decision.Kind == DecisionKind.Skip);
        return (step,
        [
            new Comparison("loss", line.LossBits, MetricsLine.BitsOf(decision.Loss)),
            new Comparison("gradient norm", TextOf(line.GradNorm), TextOf(MetricsLine.FiniteOrNull(decision.GradientNorm))),
            new Comparison("learning rate", TextOf(line.Lr), TextOf(decision.Scalars.LearningRate)),
            new Comparison("skipped", line.Skipped ? "yes" : "no", skipped ? "yes" : "no"),
            CompareRoot(Version),
        ]);
    }

    public static Lineage LineageOf(MetricsLine line) => new(new Generation(line.Lineage));

    // The root of a version stands in the line of the step before it.
    private Comparison CompareRoot(long version) =>
        new("root", _history.Lines.TryGetValue(version - 1, out var line) ? line.Root : null, _replayer.Root.ToString());

    // Shortest digits that come back as the same bits.
    private static string TextOf(double? value) => value?.ToString("R", System.Globalization.CultureInfo.InvariantCulture) ?? "not finite";
}
