using System.Diagnostics.Metrics;
using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Coordination;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Node.Checkpoints;
using AtomGrains.Node.Runs;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Storage.Checkpoints;
using AtomGrains.Node.Storage.Objects;
using AtomGrains.Node.Telemetry;
using AtomGrains.Node.Tests.Storage;

namespace AtomGrains.Node.Tests.Runs;

/// <summary>What is written down of a run, whichever host it is on.</summary>
public sealed class RunDeskTests : IDisposable
{
    private const int Elements = 1024;
    private static readonly NodeId Lost = new(2);
    private static readonly Generation First = new(1);

    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _notes = [];
    private readonly Dictionary<string, double> _measured = [];
    private readonly MeterListener _listener = new();
    private readonly RunJournal _journal;
    private readonly FaultLedger _ledger;
    private readonly CheckpointDesk _checkpoints;
    private readonly RunMetrics _metrics;
    private readonly RunDesk _desk;

    public RunDeskTests()
    {
        var spec = RunSpecs.Record().Spec;
        _journal = new RunJournal(_folder.Path, spec);
        _ledger = new FaultLedger(_folder.Path, _journal, () => 0);
        var coordinator = new Coordinator(spec, new PartitionLayout(Elements, 16, spec.Partitions), new CoordinatorOptions { Workers = 3 }, ProtocolRules.Safe);
        _checkpoints = new CheckpointDesk(
            CheckpointKeeperOptions.For(_folder.Path, "cpu/test", Elements, keep: 1), new CheckpointStore(new DirectoryObjectStore(_folder.File("store"))),
            new FileRegister(_folder.Path), coordinator, new Outbox(), () => TimeSpan.Zero, action => action(), _notes.Add);
        _listener.InstrumentPublished = (instrument, listening) =>
        {
            if (instrument.Meter.Name == MetricNames.Meter && Equals(instrument.Meter.Scope, _folder.Path))
            {
                listening.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => _measured[instrument.Name] = _measured.GetValueOrDefault(instrument.Name) + value);
        _listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => _measured[instrument.Name] = _measured.GetValueOrDefault(instrument.Name) + value);
        _listener.Start();
        _metrics = new RunMetrics(spec.GlobalBatch, spec.Model.Context, TimeSpan.Zero, _folder.Path);
        _desk = new RunDesk(_journal, _ledger, _checkpoints, coordinator, _metrics, spares: 1, () => TimeSpan.Zero, _notes.Add);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _metrics.Dispose();
        _checkpoints.Dispose();
        _journal.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void ADecidedStepIsALineAndCounts()
    {
        _desk.CarryOut(new StepDecided(Step(0), First));
        _desk.CarryOut(new DecisionRecalled(Step(1), First));
        _desk.Complete();
        Assert.Equal([0, 1], JsonLines.Read(_folder.File(RunFolder.MetricsFileName), StorageJson.Default.MetricsLine).Select(line => line.Step));

        // One that a predecessor decided was counted by its meter.
        Assert.Equal(1, _measured[MetricNames.StepsCommitted]);
    }

    [Fact]
    public void ALossCountsOnceItsKindIsKnownAndIsTimedThoughTheRunEndsBeforeItIsOver()
    {
        Lose(kindOfEnd: null);
        Assert.Empty(_desk.Follow());
        Assert.False(_measured.ContainsKey(MetricNames.Faults));
        _ledger.Ended(Lost, "kill", null);
        Assert.Empty(_desk.Follow());
        Assert.Empty(_desk.Follow());
        Assert.Equal(1, _measured[MetricNames.Faults]);
        Assert.False(_measured.ContainsKey(MetricNames.RecoverySeconds));
        Assert.Equal("kill", Assert.Single(_desk.Complete()).Kind);
        Assert.True(_measured[MetricNames.RecoverySeconds] >= 5);
        Assert.Equal(1, _desk.Report(new NodeCounters(), started: 4).Faults);
    }

    [Fact]
    public void StepsThatAreGivenUpWithoutALossAreALineOfTheirOwn()
    {
        _desk.CarryOut(new ReplicasDiffered(new PartitionId(0), new NodeId(1), Lost, 7, First));
        _desk.CarryOut(new RolledBack(new Lineage(new Generation(2)), 7, [new PartitionId(0)]));
        var lines = Lines();
        Assert.Equal([(FaultLedger.Mismatch, 0), (FaultLedger.RollbackKind, 7)], lines.Select(line => (line.Kind, line.StepsRedone)));
        Assert.Equal(("run", "view 0"), (lines[^1].Role, lines[^1].Who));
        Assert.Contains("7 committed steps will be computed again", lines[^1].Detail, StringComparison.Ordinal);
        Assert.Equal(7, _measured[MetricNames.StepsLost]);
        Assert.Empty(_desk.Complete());
        Assert.Equal(0, _desk.Report(new NodeCounters(), 1).Faults);
    }

    [Fact]
    public void StepsThatALossHasCostStandInItsLineAlone()
    {
        Lose(kindOfEnd: "kill");
        _desk.CarryOut(new RolledBack(new Lineage(new Generation(2)), 7, [new PartitionId(0)]));
        Assert.Equal(("kill", 7), _desk.Complete().Select(line => (line.Kind, line.StepsRedone)).Single());
        Assert.Single(Lines());
    }

    [Fact]
    public void AResumeOfWhichNothingLivedSaysOnceWhatItGivesUp()
    {
        for (var step = 0; step < 10; step++)
        {
            _desk.CarryOut(new StepDecided(Step(step), First));
        }

        _desk.GoesOn(Last, Of(step: 10));
        Assert.Empty(Lines());
        _desk.GoesOn(Last, Of(step: 4));
        _desk.GoesOn(Last, Of(step: 4));
        var line = Assert.Single(Lines());
        Assert.Equal((FaultLedger.RollbackKind, "view 1", 10, 6), (line.Kind, line.Who, line.Step, line.StepsRedone));
        Assert.Equal("nothing of the run lived, the newest checkpoint was of step 4 of l1: 6 committed steps will be computed again", Assert.Single(_notes));
        Assert.Equal(6, _measured[MetricNames.StepsLost]);

        // A lineage that has not got anywhere had nothing to lose.
        _desk.GoesOn(Last with { Generation = new Generation(2), Lineage = new Lineage(new Generation(2)), Origin = Of(step: 4) }, Of(step: 4));
        Assert.Single(Lines());
    }

    [Fact]
    public void RefusalsOfEachKindAreInTheReportAndOnThePage()
    {
        var counters = new NodeCounters(EarlyRejected: 3, LateRejected: 4, OtherHistoryRejected: 5, NotTrustedRejected: 6);
        var report = _desk.Report(counters, 1);
        Assert.Equal((3, 4, 5, 6), (report.EarlyRejected, report.LateRejected, report.OtherHistoryRejected, report.NotTrustedRejected));
        _desk.Observe(counters, ready: 1, placed: 2, held: 2, quarantined: 0);
        _listener.RecordObservableInstruments();
        Assert.Equal(
            (3, 4, 5, 6),
            (_measured[MetricNames.EarlyRejected], _measured[MetricNames.LateRejected], _measured[MetricNames.OtherHistoryRejected], _measured[MetricNames.NotTrustedRejected]));
    }

    [Fact]
    public void TheReportHasTheWeightsOfTheEndAndTheirLoss()
    {
        _desk.CarryOut(new Evaluated(5, 3.5));
        Assert.Equal((null, 3.5), (_desk.Report(new NodeCounters(), 1).WeightsSha256, _desk.Report(new NodeCounters(), 1).ValLoss));
        _desk.CarryOut(new RunFinished("abc", 2.5));
        Assert.Equal(("abc", 2.5), (_desk.Report(new NodeCounters(), 1).WeightsSha256, _desk.Report(new NodeCounters(), 1).ValLoss));
    }

    [Fact]
    public void WantedWorkersAndSparesWithoutAPlaceAreMissingUntilTheRunRests()
    {
        _desk.Observe(new NodeCounters(), ready: 1, placed: 2, held: 2, quarantined: 0);
        _listener.RecordObservableInstruments();
        Assert.Equal((3, 1, 2), (_measured[MetricNames.WorkersWanted], _measured[MetricNames.SparesWanted], _measured[MetricNames.DevicesMissing]));
        _measured.Clear();
        _desk.ObserveAtRest(new NodeCounters(), isStopped: true);
        _listener.RecordObservableInstruments();
        Assert.Equal((0, 0, 0, 1), (_measured[MetricNames.WorkersWanted], _measured[MetricNames.SparesWanted], _measured[MetricNames.DevicesMissing], _measured[MetricNames.RunStopped]));
    }

    [Fact]
    public void WhatOnlyAHostCanCarryOutIsRefused() =>
        Assert.All<Effect>([new RunStopped("it was asked to"), new EndNode(DismissReason.NotNeeded), new MemberLost(Lost, LossCause.Ended, 1, First)], effect => Assert.Throws<InvalidOperationException>(() => _desk.CarryOut(effect)));

    private void Lose(string? kindOfEnd) => _ledger.Lost(
        new MemberLost(Lost, LossCause.Ended, 30, First), 30, new LostNode(1, DateTimeOffset.UtcNow - TimeSpan.FromSeconds(5), null), kindOfEnd);

    private static View Last => new()
    {
        Generation = First,
        Lineage = new Lineage(First),
        Members = [],
        LaneOwners = [],
        Partitions = [],
    };

    private static LineageOrigin Of(long step) => new(new CheckpointId(new Lineage(First), step), step, 0);

    private IReadOnlyList<FaultLine> Lines() => JsonLines.Read(_folder.File(RunFolder.FaultsFileName), StorageJson.Default.FaultLine);

    private static Decision Step(long step) => new(
        new Lineage(First), step, DecisionKind.Commit, new UpdateScalars(1e-3f, 1, 1, 1), 2.5, 1, step + 1, 0, default);
}
