using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Core.Runs;

namespace AtomGrains.Node.Storage;

/// <summary>
/// What a run writes while it goes: a metrics line a step and a ledger line a fault. It also keeps the sums that the report
/// is made of. A line waits for the root of its step's parameters, which comes with the next step's seals: it is written
/// before that step's decision goes out. A coordinator that dies meanwhile leaves it to its successor, which has the decision
/// from the replicas.
/// </summary>
public sealed class RunJournal : IDisposable
{
    private readonly RunSpec _spec;
    private readonly JsonLinesWriter<MetricsLine> _metrics;
    private readonly JsonLinesWriter<FaultLine> _faults;
    private readonly LeafSegments? _leaves;
    private readonly Dictionary<long, StepTimed> _timings = [];
    private readonly SortedSet<long> _skipped = [];
    private MetricsLine? _waiting;
    private bool _leads;
    private long _before;
    private Lineage _lineage;
    private long _lastStep = -1;
    private DateTimeOffset _lastDecided;

    /// <param name="folder">The run folder.</param>
    /// <param name="roots">Whether the parameters of each step are proven; then its line waits for the root.</param>
    /// <param name="isOver">See <see cref="JsonLinesWriter{T}"/>; null where nobody else can write in this folder.</param>
    public RunJournal(string folder, RunSpec spec, bool roots = false, Func<bool>? isOver = null)
    {
        _spec = spec;
        _leaves = roots ? new LeafSegments(folder) : null;
        _metrics = RunFolder.OpenMetrics(folder, isOver);
        _faults = RunFolder.OpenFaults(folder, isOver);
        foreach (var line in JsonLines.Stream(Path.Combine(folder, RunFolder.MetricsFileName), StorageJson.Default.MetricsLine))
        {
            Count(new Lineage(new Generation(line.Lineage)), line.Step, line.Skipped, line.Loss);
        }

        _before = NextStep;
    }

    public RunSpec Spec => _spec;

    /// <summary>A successor writes these files now, and what this journal was told since is not in them.</summary>
    public bool IsOver => _metrics.IsOver || _faults.IsOver;

    /// <summary>What a predecessor's crash has cut off and this journal has removed, in words.</summary>
    public IReadOnlyList<string> Torn =>
    [
        .. new[] { (RunFolder.MetricsFileName, _metrics.TornBytes), (RunFolder.FaultsFileName, _faults.TornBytes) }
            .Where(file => file.TornBytes > 0).Select(file => $"the last line of {file.Item1} was cut off by a crash: its {file.TornBytes} bytes are removed"),
    ];

    public long Committed => NextStep - Skipped;

    public long Skipped => _skipped.Count;

    /// <summary>The step after the last one that was decided.</summary>
    public long NextStep => _lastStep + 1;

    /// <summary>The same within a view's lineage: where that has no line yet, the step from which it began.</summary>
    public long NextStepIn(View view) => view.Lineage == _lineage ? NextStep : view.Origin?.Checkpoint.Step ?? 0;

    public double? LastLoss { get; private set; }

    /// <summary>Where the last step's time went.</summary>
    public StepSeconds LastSeconds { get; private set; } = new(0, 0, 0, 0, 0);

    public DateTimeOffset? FirstStepBegan { get; private set; }

    public DateTimeOffset? LastStepEnded { get; private set; }

    /// <summary>Committed tokens ÷ seconds, all lineages' time included.</summary>
    public double TokensPerSecond =>
        FirstStepBegan is { } began && LastStepEnded is { } ended && ended > began
            ? Math.Max(0, NextStep - _before) * _spec.GlobalBatch * (double)_spec.Model.Context / (ended - began).TotalSeconds
            : 0;

    /// <summary>The first view is installed: the first step begins.</summary>
    public void Begins(DateTimeOffset now)
    {
        FirstStepBegan ??= now;
        _lastDecided = _lastDecided == default ? now : _lastDecided;
    }

    public void Timed(StepTimed timed)
    {
        if (timed.Step <= _lastStep)
        {
            // The line of that step is written: this is of who was not waited for.
            return;
        }

        if (!_timings.TryGetValue(timed.Step, out var slowest) || timed.Pull + timed.Compute + timed.Push > slowest.Pull + slowest.Compute + slowest.Push)
        {
            _timings[timed.Step] = timed;
        }
    }

    public void Decided(Decision decision, Generation generation, DateTimeOffset now)
    {
        LastStepEnded = now;
        if (decision.Lineage == _lineage && decision.Step <= _lastStep)
        {
            // A predecessor wrote the line and ended before the decision went out: decided again, it is the same.
            return;
        }

        var skipped = decision.Kind == DecisionKind.Skip;
        Count(decision.Lineage, decision.Step, skipped, MetricsLine.FiniteOrNull(decision.Loss));
        _timings.Remove(decision.Step, out var timed);
        var whole = (now - _lastDecided).TotalSeconds;
        _lastDecided = now;
        LastSeconds = timed is null
            ? new StepSeconds(0, 0, 0, whole, 0)
            : new StepSeconds(timed.Pull, timed.Compute, timed.Push, Math.Max(0, whole - timed.Pull - timed.Compute - timed.Push - timed.Apply), timed.Apply);
        Complete();
        _waiting = new MetricsLine
        {
            Step = decision.Step,
            Loss = LastLoss,
            LossBits = MetricsLine.BitsOf(decision.Loss),
            Tokens = (long)_spec.GlobalBatch * _spec.Model.Context,
            Seconds = LastSeconds,
            Lr = decision.Scalars.LearningRate,
            GradNorm = MetricsLine.FiniteOrNull(decision.GradientNorm),
            Skipped = skipped,
            SkipReason = !skipped ? null : double.IsFinite(decision.Loss) ? "gradient" : "loss",
            Generation = generation.Value,
            Lineage = decision.Lineage.Began.Value,
        };
        if (_leaves is null)
        {
            Complete();
        }
    }

    /// <summary>
    /// The decision that led to the version from which the next lineage begins, as orphaned nodes have left it: its line,
    /// unless it is there. The version's root is that lineage's first.
    /// </summary>
    public void Led(Decision decision, Generation generation, DateTimeOffset now)
    {
        Decided(decision, generation, now);
        _leads = _waiting is not null;
    }

    /// <summary>The root of a version: the line of the step before it is complete.</summary>
    public void Proven(VersionProven proven)
    {
        if (proven.Leaves is { } leaves)
        {
            _leaves?.Append(proven.Lineage, proven.Version, leaves);
        }

        if (_waiting is { } line && line.Step == proven.Version - 1 && (_leads || line.Lineage == proven.Lineage.Began.Value))
        {
            _waiting = line with { Root = proven.Root.ToString() };
        }

        Complete();
    }

    /// <summary>Writes the line that waits for its root: there is one, or there will be none.</summary>
    public void Complete()
    {
        if (_waiting is { } line)
        {
            _waiting = null;
            _leads = false;
            _metrics.Append(line);
        }
    }

    /// <summary>A checkpoint of a version is about to get its manifest: the lines of the steps before it are written, with roots or without.</summary>
    public void CompleteBefore(long version)
    {
        if (_waiting?.Step < version)
        {
            Complete();
        }
    }

    private void Count(Lineage lineage, long step, bool skipped, double? loss)
    {
        if (lineage != _lineage)
        {
            // A new history from a checkpoint or the seed: what was committed from there on is void.
            _lineage = lineage;
            _skipped.RemoveWhere(other => other >= step);
            _before = Math.Min(_before, step);
        }

        _lastStep = step;
        LastLoss = loss;
        if (skipped)
        {
            _skipped.Add(step);
        }
    }

    public void Fault(FaultLine line) => _faults.Append(line);

    public void Dispose()
    {
        _leaves?.Dispose();
        _metrics.Dispose();
        _faults.Dispose();
    }
}
