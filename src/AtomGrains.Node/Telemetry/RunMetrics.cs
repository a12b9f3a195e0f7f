using System.Diagnostics.Metrics;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Audits;
using AtomGrains.Core.Protocol.Messages;

namespace AtomGrains.Node.Telemetry;

/// <summary>
/// The one meter of a run, fed by the host of its coordinator. Whoever exports it, our own page or another library, sees
/// the same instruments under the same names. One thread feeds it; exporters may read on any.
/// </summary>
public sealed class RunMetrics : IDisposable
{
    private readonly object _gate = new();
    private readonly Meter _meter;
    private readonly Counter<long> _faults;
    private readonly Counter<long> _committed;
    private readonly Counter<long> _skipped;
    private readonly Counter<long> _tokens;
    private readonly Counter<long> _samples;
    private readonly Counter<long> _notices;
    private readonly Counter<long> _stepsLost;
    private readonly Histogram<double> _recovery;
    private readonly Histogram<double> _step;
    private readonly Histogram<double> _checkpointWrite;
    private readonly Histogram<double> _checkpointBlocked;
    private readonly TrainingTime _time;
    private readonly int _samplesPerStep;
    private readonly int _tokensPerSample;
    private RunGauges? _gauges;
    private double _loss = double.NaN;
    private TimeSpan _observed;
    private TimeSpan _checkpointed;
    private bool _hasCompleted;

    /// <param name="samplesPerStep">The global batch.</param>
    /// <param name="now">On the monotonic clock of all calls: from here on the run's time counts.</param>
    /// <param name="scope">The meter's: tells the runs of one process apart.</param>
    /// <param name="run">Label of all its series; null for none.</param>
    public RunMetrics(int samplesPerStep, int tokensPerSample, TimeSpan now, object? scope = null, string? run = null)
    {
        _samplesPerStep = samplesPerStep;
        _tokensPerSample = tokensPerSample;
        _time = new TrainingTime(samplesPerStep, now);
        _observed = _checkpointed = now;
        _meter = new Meter(new MeterOptions(MetricNames.Meter) { Scope = scope, Tags = run is null ? null : [new(MetricNames.Run, run)] });
        _faults = _meter.CreateCounter<long>(MetricNames.Faults, description: "Deaths, pauses and hangs of processes, by kind and role.");
        _recovery = Seconds(MetricNames.RecoverySeconds, "Seconds of a recovery by phase; transfer is in the background.");
        _committed = _meter.CreateCounter<long>(MetricNames.StepsCommitted, description: "Optimizer steps committed, also those that a rollback made void.");
        _skipped = _meter.CreateCounter<long>(MetricNames.StepsSkipped, description: "Steps passed without an update, by reason.");
        _step = Seconds(MetricNames.StepSeconds, "Seconds of a step by phase, of its slowest worker.");
        _checkpointWrite = Seconds(MetricNames.CheckpointWriteSeconds, "Seconds in which the store took a partition's slice of a checkpoint, beside the training.");
        _checkpointBlocked = Seconds(MetricNames.CheckpointBlockedSeconds, "Seconds for which a node held its training up to copy a partition's slice.");
        _tokens = _meter.CreateCounter<long>(MetricNames.Tokens, description: "Tokens of committed steps.");
        _samples = _meter.CreateCounter<long>(MetricNames.SamplesCommitted, description: "Samples of committed steps.");
        _notices = _meter.CreateCounter<long>(MetricNames.PreemptionNotices, description: "Processes that were asked to end and handed over first.");
        _stepsLost = _meter.CreateCounter<long>(MetricNames.StepsLost, description: "Committed steps that a rollback gave up, to be computed again.");
        Gauge(MetricNames.EffectiveTrainingTimeRatio, "Share of the run's time that went into steps of the surviving history, recoveries excluded.", () => _time.EffectiveRatio);
        Gauge(MetricNames.GoodputRatio, "Committed samples over what the held devices would have computed by bare loops, at the step loops' own speed.", () => _time.GoodputRatio);
        Gauge(MetricNames.Workers, "Workers that own lanes.", () => _gauges?.Workers);
        Gauge(MetricNames.WorkersReady, "Worker processes that are alive and ready, spares included.", () => _gauges?.Ready);
        Gauge(MetricNames.Generation, "The newest view's generation.", () => _gauges?.Generation);
        Gauge(MetricNames.Loss, "Mean training loss of the last step in nats a token.", () => double.IsFinite(_loss) ? _loss : null);
        Gauge(MetricNames.CheckpointAgeSteps, "Steps since the newest complete checkpoint: what would be lost with every process.", () => _gauges?.CheckpointAge);
        Gauge(MetricNames.CheckpointAgeSeconds, "Seconds since the newest checkpoint became complete; before the first, since this coordinator began.", () => _gauges?.CheckpointAge is null ? null : (_observed - _checkpointed).TotalSeconds);
        Gauge(MetricNames.WorkersWanted, "Workers that the run wants now; 0 once it is paused or over.", () => _gauges?.WorkersWanted);
        Gauge(MetricNames.SparesWanted, "Spares that the run wants beside its workers.", () => _gauges?.SparesWanted);
        Gauge(MetricNames.DevicesMissing, "Workers and spares that are wanted and have no device yet.", () => _gauges?.DevicesMissing);
        Gauge(MetricNames.DevicesQuarantined, "Devices that are used no more, for failures or wrong bits.", () => _gauges?.DevicesQuarantined);
        Gauge(MetricNames.RunStopped, "1 once the run has stopped before its last step, other than on request; else 0.", () => _gauges is null ? null : _gauges.IsStopped ? 1 : 0);
        Seconds(MetricNames.DeviceSecondsHeld, "Seconds for which devices were held, summed over devices: what the run costs.", () => _time.HeldSeconds);
        Seconds(MetricNames.DeviceSecondsUseful, "Device-seconds that committed samples take at the step loops' own speed.", () => _time.UsefulSeconds);
        Count(MetricNames.LanesRecomputed, "Lanes computed in place of a lost worker in a step under way.", counters => counters.LanesRecomputed);
        Count(MetricNames.DuplicatePushesRejected, "Pushes of lanes that a partition had already.", counters => counters.DuplicatePushesRejected);
        Count(MetricNames.StaleGenerationRejected, "Messages of an older view, refused.", counters => counters.StaleGenerationRejected);
        Count(MetricNames.EarlyRejected, "Messages of a step or view that the receiver had yet to hear of, refused.", counters => counters.EarlyRejected);
        Count(MetricNames.LateRejected, "Messages of a step that was decided already, refused.", counters => counters.LateRejected);
        Count(MetricNames.OtherHistoryRejected, "Messages of another history, or for somebody else's partition or shard, refused.", counters => counters.OtherHistoryRejected);
        Count(MetricNames.NotTrustedRejected, "Messages of nodes that an audit has found to compute wrong bits, refused.", counters => counters.NotTrustedRejected);
        Count(MetricNames.ReplicaMismatch, "Comparisons of two copies of a partition that found other bits.", counters => counters.ReplicaMismatches);
        _meter.CreateObservableCounter(MetricNames.LaneAudits, Audits, description: "Lanes of decided steps that were to be computed on two devices, by what became of the comparison.");
        _meter.CreateObservableCounter(MetricNames.TransportBytes, Bytes, description: "Bytes of tensor frames, by direction as the nodes see it.");
        _meter.CreateObservableCounter(MetricNames.SamplesRead, SamplesRead, description: "Samples of computed lanes, by whether a shard's holder had sent them.");
        _committed.Add(0);
        _skipped.Add(0, new KeyValuePair<string, object?>(MetricNames.Reason, NotFinite));
        _tokens.Add(0);
        _samples.Add(0);
        _notices.Add(0);
        _stepsLost.Add(0);
    }

    private const string NotFinite = "not_finite";

    /// <summary>Workers and spares that the run wants, as it was observed last. Any thread.</summary>
    public int DevicesWanted
    {
        get
        {
            lock (_gate)
            {
                return _gauges is { } gauges ? gauges.WorkersWanted + gauges.SparesWanted : 0;
            }
        }
    }

    /// <summary>A fault of a kind has been noticed.</summary>
    public void Fault(string kind, string role) =>
        _faults.Add(1, new(MetricNames.Kind, kind), new(MetricNames.Role, role));

    /// <summary>A recovery is over; phases that it did not need are left out.</summary>
    public void Recovered(IEnumerable<(string Phase, double Seconds)> phases) => Record(_recovery, phases.Where(phase => phase.Seconds > 0));

    /// <summary>A partition's slice of a checkpoint is in the store; told once of each.</summary>
    public void Stored(SliceStored stored)
    {
        _checkpointWrite.Record(stored.WriteSeconds);
        _checkpointBlocked.Record(stored.BlockedSeconds);
    }

    /// <summary>A checkpoint is complete: what would be lost with every process begins anew.</summary>
    public void CheckpointCompleted(TimeSpan now)
    {
        lock (_gate)
        {
            (_checkpointed, _hasCompleted) = (now, true);
        }
    }

    /// <summary>The newest checkpoint is an earlier coordinator's; not news after one of its own.</summary>
    public void CheckpointInherited(TimeSpan age, TimeSpan now)
    {
        lock (_gate)
        {
            _checkpointed = _hasCompleted || age < TimeSpan.Zero ? _checkpointed : now - age;
        }
    }

    /// <summary>Committed steps are given up.</summary>
    public void RolledBack(long steps) => _stepsLost.Add(steps);

    /// <summary>A process was asked to end and hands over.</summary>
    public void LeaveNoticed() => _notices.Add(1);

    /// <summary>A view is in force: the step at hand is not one of those that tell how long steps take.</summary>
    public void ViewInstalled(int workers)
    {
        lock (_gate)
        {
            _time.Disturbed(workers);
        }
    }

    public void Timed(StepTimed timed)
    {
        lock (_gate)
        {
            _time.Computed(timed.Step, timed.Compute);
        }
    }

    /// <param name="phases">Seconds of the step by phase.</param>
    public void Decided(Decision decision, IEnumerable<(string Phase, double Seconds)> phases, TimeSpan now)
    {
        var isCommit = decision.Kind == DecisionKind.Commit;
        lock (_gate)
        {
            _time.Decided(decision.Lineage, decision.Step, isCommit, now);
            _loss = decision.Loss;
        }

        Record(_step, phases);
        if (isCommit)
        {
            _committed.Add(1);
            _samples.Add(_samplesPerStep);
            _tokens.Add((long)_samplesPerStep * _tokensPerSample);
        }
        else
        {
            _skipped.Add(1, new KeyValuePair<string, object?>(MetricNames.Reason, NotFinite));
        }
    }

    /// <summary>How things stand; some times a second.</summary>
    /// <param name="held">Processes that hold a device now.</param>
    public void Observe(RunGauges gauges, int held, TimeSpan now)
    {
        lock (_gate)
        {
            (_gauges, _observed) = (gauges, now);
            _time.Held(held, now);
        }
    }

    public void Dispose() => _meter.Dispose();

    private static void Record(Histogram<double> histogram, IEnumerable<(string Phase, double Seconds)> phases)
    {
        foreach (var (phase, seconds) in phases)
        {
            histogram.Record(seconds, new KeyValuePair<string, object?>(MetricNames.Phase, phase));
        }
    }

    // From a message's way to a recovery that waits for a process to start.
    private Histogram<double> Seconds(string name, string description) => _meter.CreateHistogram(name, unit: null, description, tags: null, new InstrumentAdvice<double>
    {
        HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    });

    // What is not known yet has no value: it is left out.
    private void Gauge(string name, string description, Func<double?> value) => _meter.CreateObservableGauge(
        name,
        () =>
        {
            lock (_gate)
            {
                return value() is { } known ? [new Measurement<double>(known)] : Array.Empty<Measurement<double>>();
            }
        },
        unit: null,
        description);

    private void Seconds(string name, string description, Func<double> value) => _meter.CreateObservableCounter(
        name,
        () =>
        {
            lock (_gate)
            {
                return value();
            }
        },
        unit: null,
        description);

    private void Count(string name, string description, Func<NodeCounters, long> value) =>
        _meter.CreateObservableCounter(name, () => value(Counters), unit: null, description);

    private IEnumerable<Measurement<long>> Bytes() =>
    [
        new(Counters.BytesReceived, new KeyValuePair<string, object?>(MetricNames.Direction, "in")),
        new(Counters.BytesSent, new KeyValuePair<string, object?>(MetricNames.Direction, "out")),
    ];

    private IEnumerable<Measurement<long>> SamplesRead() =>
    [
        new(Counters.SamplesFromHolders, new KeyValuePair<string, object?>(MetricNames.Source, "holder")),
        new(Counters.SamplesFromFile, new KeyValuePair<string, object?>(MetricNames.Source, "file")),
    ];

    private IEnumerable<Measurement<long>> Audits()
    {
        lock (_gate)
        {
            var audits = _gauges?.Audits ?? new AuditCounts();
            return [Result(audits.Equal, "equal"), Result(audits.Different, "different"), Result(audits.Undecided, "undecided"), Result(audits.Unavailable, "unavailable")];
        }

        static Measurement<long> Result(long lanes, string result) => new(lanes, new KeyValuePair<string, object?>(MetricNames.Result, result));
    }

    private NodeCounters Counters
    {
        get
        {
            lock (_gate)
            {
                return _gauges?.Counters ?? new NodeCounters();
            }
        }
    }
}
