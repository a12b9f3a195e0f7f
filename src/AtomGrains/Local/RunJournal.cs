using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Core.Runs;
using AtomGrains.Node.Storage;

namespace AtomGrains.Local;

/// <summary>
/// What a run writes while it goes: a metrics line a step, before the decision goes out, and a ledger line a fault. It
/// also keeps the sums that the report is made of.
/// </summary>
internal sealed class RunJournal : IDisposable
{
    private readonly RunSpec _spec;
    private readonly JsonLinesWriter<MetricsLine> _metrics;
    private readonly JsonLinesWriter<FaultLine> _faults;
    private readonly Dictionary<long, StepTimed> _timings = [];
    private Lineage _lineage;
    private DateTimeOffset _lastDecided;
    private long _next;

    public RunJournal(RunFolder folder)
    {
        _spec = folder.Record.Spec;
        _metrics = folder.OpenMetrics();
        _faults = folder.OpenFaults();
    }

    public long Committed { get; private set; }

    public long Skipped { get; private set; }

    public double? LastLoss { get; private set; }

    public DateTimeOffset? FirstStepBegan { get; private set; }

    public DateTimeOffset? LastStepEnded { get; private set; }

    /// <summary>Committed tokens ÷ seconds, all lineages' time included.</summary>
    public double TokensPerSecond =>
        FirstStepBegan is { } began && LastStepEnded is { } ended && ended > began
            ? (Committed + Skipped) * _spec.GlobalBatch * (double)_spec.Model.Context / (ended - began).TotalSeconds
            : 0;

    /// <summary>The first view is installed: the first step begins.</summary>
    public void Begins(DateTimeOffset now)
    {
        FirstStepBegan ??= now;
        _lastDecided = _lastDecided == default ? now : _lastDecided;
    }

    public void Timed(StepTimed timed)
    {
        if (timed.Step < _next)
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
        if (decision.Lineage != _lineage)
        {
            // A new history from the seeded beginning: what was committed before is void.
            _lineage = decision.Lineage;
            Committed = 0;
            Skipped = 0;
        }

        var skipped = decision.Kind == DecisionKind.Skip;
        Committed += skipped ? 0 : 1;
        Skipped += skipped ? 1 : 0;
        LastLoss = MetricsLine.FiniteOrNull(decision.Loss);
        LastStepEnded = now;
        _timings.Remove(decision.Step, out var timed);
        _next = decision.Step + 1;
        var whole = (now - _lastDecided).TotalSeconds;
        _lastDecided = now;
        _metrics.Append(new MetricsLine
        {
            Step = decision.Step,
            Loss = LastLoss,
            LossBits = MetricsLine.BitsOf(decision.Loss),
            Tokens = (long)_spec.GlobalBatch * _spec.Model.Context,
            Seconds = timed is null
                ? new StepSeconds(0, 0, 0, whole, 0)
                : new StepSeconds(timed.Pull, timed.Compute, timed.Push, Math.Max(0, whole - timed.Pull - timed.Compute - timed.Push - timed.Apply), timed.Apply),
            Lr = decision.Scalars.LearningRate,
            GradNorm = MetricsLine.FiniteOrNull(decision.GradientNorm),
            Skipped = skipped,
            Generation = generation.Value,
            Lineage = decision.Lineage.Began.Value,
        });
    }

    public void Fault(FaultLine line) => _faults.Append(line);

    public void Dispose()
    {
        _metrics.Dispose();
        _faults.Dispose();
    }
}
