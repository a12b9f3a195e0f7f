using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Audits;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Node.Telemetry;

namespace AtomGrains.Node.Tests.Telemetry;

public sealed class MetricsPageTests : IDisposable
{
    private static readonly Lineage First = new(new Generation(1));
    private static readonly (string, double)[] NoPhases = [];

    private readonly object _scope = new();
    private readonly MetricsPage _page;
    private readonly RunMetrics _metrics;

    public MetricsPageTests()
    {
        _page = new MetricsPage(_scope);
        _metrics = new RunMetrics(samplesPerStep: 8, tokensPerSample: 32, now: TimeSpan.Zero, _scope);
    }

    public void Dispose()
    {
        _metrics.Dispose();
        _page.Dispose();
    }

    [Fact]
    public void FaultsAreCountedByKindAndRole()
    {
        _metrics.Fault("kill", "node");
        _metrics.Fault("kill", "node");
        _metrics.Fault("stop", "node");
        Assert.Equal(2, Value("atomgrains_faults_total{kind=\"kill\",role=\"node\"}"));
        Assert.Equal(1, Value("atomgrains_faults_total{kind=\"stop\",role=\"node\"}"));
    }

    [Fact]
    public void AHistogramsBucketsAreCumulativeAndEndWithAll()
    {
        _metrics.Recovered([("detect", 0.03), ("replay", 100), ("transfer", 0)]);
        _metrics.Recovered([("detect", 0.3)]);
        Assert.Equal(0, Value("atomgrains_recovery_seconds_bucket{phase=\"detect\",le=\"0.025\"}"));
        Assert.Equal(1, Value("atomgrains_recovery_seconds_bucket{phase=\"detect\",le=\"0.05\"}"));
        Assert.Equal(2, Value("atomgrains_recovery_seconds_bucket{phase=\"detect\",le=\"+Inf\"}"));
        Assert.Equal(0.33, Value("atomgrains_recovery_seconds_sum{phase=\"detect\"}"), 12);
        Assert.Equal(0, Value("atomgrains_recovery_seconds_bucket{phase=\"replay\",le=\"60\"}"));
        Assert.Equal(1, Value("atomgrains_recovery_seconds_count{phase=\"replay\"}"));
        Assert.DoesNotContain("phase=\"transfer\"", _page.Write(), StringComparison.Ordinal);
    }

    [Fact]
    public void ACheckpointsSlicesAreTimedAndItsAgeIsInSteps()
    {
        Assert.DoesNotContain("atomgrains_checkpoint_age_steps ", _page.Write(), StringComparison.Ordinal);
        var slice = new StoredSlice(new PartitionId(0), 0, 4, "slice", 48, "hash");
        _metrics.Stored(new SliceStored(Decided(9, DecisionKind.Commit), slice, BlockedSeconds: 0.002, WriteSeconds: 0.3));
        _metrics.Observe(new RunGauges(1, 1, 1, new NodeCounters(), CheckpointAge: 7), held: 1, TimeSpan.FromSeconds(1));
        Assert.Equal((1, 0.3), (Value("atomgrains_checkpoint_write_seconds_count"), Value("atomgrains_checkpoint_write_seconds_sum")));
        Assert.Equal((1, 0.002), (Value("atomgrains_checkpoint_blocked_seconds_count"), Value("atomgrains_checkpoint_blocked_seconds_sum")));
        Assert.Equal(7, Value("atomgrains_checkpoint_age_steps"));
        Assert.Equal(1, Value("atomgrains_checkpoint_age_seconds"));
    }

    [Fact]
    public void ACheckpointOfAnEarlierCoordinatorHasTheAgeThatItHasUntilThereIsANewerOne()
    {
        _metrics.CheckpointInherited(age: TimeSpan.FromMinutes(20), TimeSpan.FromSeconds(5));
        _metrics.Observe(new RunGauges(1, 1, 1, new NodeCounters(), CheckpointAge: 7), held: 1, TimeSpan.FromSeconds(6));
        Assert.Equal(1201, Value("atomgrains_checkpoint_age_seconds"));
        _metrics.CheckpointCompleted(TimeSpan.FromSeconds(7));
        _metrics.CheckpointInherited(age: TimeSpan.FromMinutes(20), TimeSpan.FromSeconds(8));
        _metrics.Observe(new RunGauges(1, 1, 1, new NodeCounters(), CheckpointAge: 0), held: 1, TimeSpan.FromSeconds(9));
        Assert.Equal(2, Value("atomgrains_checkpoint_age_seconds"));
    }

    [Fact]
    public void ARunThatStoppedForAFaultSaysSoAndWantsNothing()
    {
        Assert.DoesNotContain("atomgrains_run_stopped ", _page.Write(), StringComparison.Ordinal);
        _metrics.Observe(new RunGauges(2, 2, 1, new NodeCounters()) { WorkersWanted = 2 }, held: 2, TimeSpan.FromSeconds(1));
        Assert.Equal((0, 2), (Value("atomgrains_run_stopped"), Value("atomgrains_workers_wanted")));
        _metrics.Observe(RunGauges.AtRest(1, new NodeCounters(), new AuditCounts(Undecided: 1), isStopped: true), held: 0, TimeSpan.FromSeconds(2));
        Assert.Equal((1, 0), (Value("atomgrains_run_stopped"), Value("atomgrains_workers_wanted")));
        Assert.Equal(1, Value("atomgrains_lane_audits_total{result=\"undecided\"}"));
    }

    [Fact]
    public void ACheckpointsAgeInSecondsBeginsAnewWithEachThatIsComplete()
    {
        Observe(at: 9);
        Assert.Equal(9, Value("atomgrains_checkpoint_age_seconds"));
        _metrics.CheckpointCompleted(TimeSpan.FromSeconds(10));
        Observe(at: 12);
        Assert.Equal(2, Value("atomgrains_checkpoint_age_seconds"));

        void Observe(int at) => _metrics.Observe(new RunGauges(1, 1, 1, new NodeCounters(), CheckpointAge: 0), held: 1, TimeSpan.FromSeconds(at));
    }

    [Fact]
    public void ARunWithoutCheckpointsHasNoAgeOfOne()
    {
        _metrics.Observe(new RunGauges(1, 1, 1, new NodeCounters()), held: 1, TimeSpan.FromSeconds(1));
        Assert.DoesNotContain("atomgrains_checkpoint_age", _page.Write(), StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIsWantedMissingAndQuarantinedIsThatOfTheLastLook()
    {
        var gauges = new RunGauges(3, 4, 7, new NodeCounters()) { WorkersWanted = 4, SparesWanted = 2, DevicesMissing = 1, DevicesQuarantined = 5 };
        _metrics.Observe(gauges, held: 4, TimeSpan.FromSeconds(1));
        Assert.Equal(4, Value("atomgrains_workers_wanted"));
        Assert.Equal(2, Value("atomgrains_spares_wanted"));
        Assert.Equal(1, Value("atomgrains_devices_missing"));
        Assert.Equal(5, Value("atomgrains_devices_quarantined"));
    }

    [Fact]
    public void StepsThatARollbackGaveUpAreCounted()
    {
        Assert.Equal(0, Value("atomgrains_steps_lost_total"));
        _metrics.RolledBack(3);
        _metrics.RolledBack(4);
        Assert.Equal(7, Value("atomgrains_steps_lost_total"));
    }

    [Fact]
    public void StepsSamplesAndTokensGrowWithCommitsAndSkipsWithTheirReason()
    {
        _metrics.Decided(Decided(0, DecisionKind.Commit), [("pull", 0.001)], TimeSpan.FromSeconds(1));
        _metrics.Decided(Decided(1, DecisionKind.Skip), NoPhases, TimeSpan.FromSeconds(2));
        Assert.Equal(1, Value("atomgrains_steps_committed_total"));
        Assert.Equal(1, Value("atomgrains_steps_skipped_total{reason=\"not_finite\"}"));
        Assert.Equal(8, Value("atomgrains_samples_committed_total"));
        Assert.Equal(256, Value("atomgrains_tokens_total"));
        Assert.Equal(1, Value("atomgrains_step_seconds_count{phase=\"pull\"}"));
        Assert.Equal(2.5, Value("atomgrains_loss"));
    }

    [Fact]
    public void WhatIsNotKnownYetIsLeftOut()
    {
        Assert.DoesNotContain("atomgrains_loss", _page.Write(), StringComparison.Ordinal);
        Assert.DoesNotContain("atomgrains_goodput_ratio", _page.Write(), StringComparison.Ordinal);
        Assert.DoesNotContain("atomgrains_workers", _page.Write(), StringComparison.Ordinal);
    }

    [Fact]
    public void CountersOfNodesAndGaugesAreThoseOfTheLastLook()
    {
        _metrics.Observe(new RunGauges(3, 4, 7, new NodeCounters(DuplicatePushesRejected: 5, BytesSent: 11, BytesReceived: 12, SamplesFromHolders: 13, SamplesFromFile: 14), Audits: new AuditCounts(20, 1, 2, 3)), held: 4, TimeSpan.FromSeconds(1));
        Assert.Equal(3, Value("atomgrains_workers"));
        Assert.Equal(4, Value("atomgrains_workers_ready"));
        Assert.Equal(7, Value("atomgrains_generation"));
        Assert.Equal(5, Value("atomgrains_duplicate_pushes_rejected_total"));
        Assert.Equal(20, Value("atomgrains_lane_audits_total{result=\"equal\"}"));
        Assert.Equal(1, Value("atomgrains_lane_audits_total{result=\"different\"}"));
        Assert.Equal(2, Value("atomgrains_lane_audits_total{result=\"undecided\"}"));
        Assert.Equal(3, Value("atomgrains_lane_audits_total{result=\"unavailable\"}"));
        Assert.Equal(11, Value("atomgrains_transport_bytes_total{direction=\"out\"}"));
        Assert.Equal(12, Value("atomgrains_transport_bytes_total{direction=\"in\"}"));
        Assert.Equal(13, Value("atomgrains_samples_read_total{source=\"holder\"}"));
        Assert.Equal(14, Value("atomgrains_samples_read_total{source=\"file\"}"));
        Assert.Equal(5, Value("atomgrains_duplicate_pushes_rejected_total"));
    }

    [Fact]
    public void AStepThatARecoveryFellIntoCountsForAsMuchAsTheOthers()
    {
        // Of the ten seconds, the first are start-up, and step 2 took five instead of one.
        Seconds(2, () => _metrics.ViewInstalled(workers: 1));
        Decide(step: 0, at: 3);
        Decide(step: 1, at: 4);
        Seconds(5, () => _metrics.ViewInstalled(workers: 1));
        Decide(step: 2, at: 9);
        Decide(step: 3, at: 10);
        Assert.Equal(0.4, Value("atomgrains_effective_training_time_ratio"), 6);

        void Decide(long step, int at) => _metrics.Decided(Decided(step, DecisionKind.Commit), NoPhases, TimeSpan.FromSeconds(at));
    }

    [Fact]
    public void StepsOfAHistoryThatWasGivenUpCountForNothing()
    {
        _metrics.Decided(Decided(0, DecisionKind.Commit), NoPhases, TimeSpan.FromSeconds(1));
        _metrics.Decided(Decided(1, DecisionKind.Commit), NoPhases, TimeSpan.FromSeconds(2));
        _metrics.Decided(Decided(0, DecisionKind.Commit) with { Lineage = new Lineage(new Generation(5)) }, NoPhases, TimeSpan.FromSeconds(4));
        Assert.Equal(0.5, Value("atomgrains_effective_training_time_ratio"), 6);
        Assert.Equal(3, Value("atomgrains_steps_committed_total"));
    }

    [Fact]
    public void ARollbackToACheckpointKeepsTheStepsBeforeIt()
    {
        for (var step = 0; step < 4; step++)
        {
            Decide(step, First, at: step + 1);
        }

        // Three of four steps survive, and so do three quarters of the three seconds that are known of them.
        Decide(step: 3, new Lineage(new Generation(5)), at: 5);
        Assert.Equal(((3 * 0.75) + 1) / 5, Value("atomgrains_effective_training_time_ratio"), 6);

        void Decide(long step, Lineage lineage, int at) => _metrics.Decided(Decided(step, DecisionKind.Commit) with { Lineage = lineage }, NoPhases, TimeSpan.FromSeconds(at));
    }

    [Fact]
    public void GoodputIsCommittedWorkOverWhatTheHeldDevicesCouldHaveDone()
    {
        // Two devices for four seconds; each committed step took one second of computing in all.
        Seconds(0, () => _metrics.ViewInstalled(workers: 2));
        _metrics.Observe(new RunGauges(2, 2, 1, new NodeCounters()), held: 2, TimeSpan.Zero);
        _metrics.Decided(Decided(0, DecisionKind.Commit), NoPhases, TimeSpan.FromSeconds(2));
        _metrics.Timed(new StepTimed(1, 0, 0.4, 0, 0));
        _metrics.Timed(new StepTimed(1, 0, 0.6, 0, 0));
        _metrics.Decided(Decided(1, DecisionKind.Commit), NoPhases, TimeSpan.FromSeconds(4));
        Assert.Equal(2.0 / 8, Value("atomgrains_goodput_ratio"), 6);
        Assert.Equal(8, Value("atomgrains_device_seconds_held_total"));
        Assert.Equal(2, Value("atomgrains_device_seconds_useful_total"), 6);
    }

    [Fact]
    public void UsefulDeviceSecondsNeverFallAlsoWhenAHistoryIsGivenUp()
    {
        Seconds(0, () => _metrics.ViewInstalled(workers: 1));
        for (var step = 0; step < 3; step++)
        {
            _metrics.Timed(new StepTimed(step, 0, 0.5, 0, 0));
            _metrics.Decided(Decided(step, DecisionKind.Commit), NoPhases, TimeSpan.FromSeconds(step + 1));
        }

        _metrics.Timed(new StepTimed(0, 0, 0.5, 0, 0));
        _metrics.Decided(Decided(0, DecisionKind.Commit) with { Lineage = new Lineage(new Generation(5)) }, NoPhases, TimeSpan.FromSeconds(4));
        Assert.Equal(2, Value("atomgrains_device_seconds_useful_total"), 6);
        Assert.Equal(0.5 / 4, Value("atomgrains_goodput_ratio"), 6);
    }

    [Fact]
    public void AnotherRunsMeterIsNotOnThePage()
    {
        using var other = new RunMetrics(1, 1, TimeSpan.Zero, new object());
        other.Fault("crash", "node");
        Assert.DoesNotContain("crash", _page.Write(), StringComparison.Ordinal);
    }

    [Fact]
    public void LabelsAreEscaped()
    {
        _metrics.Fault("a\"b\\c\nd", "node");
        Assert.Contains("{kind=\"a\\\"b\\\\c\\nd\",role=\"node\"} 1\n", _page.Write(), StringComparison.Ordinal);
    }

    private void Seconds(int at, Action action)
    {
        _metrics.Observe(new RunGauges(1, 1, 1, new NodeCounters()), held: 1, TimeSpan.FromSeconds(at));
        action();
    }

    private static Decision Decided(long step, DecisionKind kind) =>
        new(First, step, kind, new UpdateScalars(1, 1, 1, 1), 2.5, 1, step, 0, DecisionDigest.Genesis(First));

    private double Value(string series)
    {
        var line = Assert.Single(_page.Write().Split('\n'), line => line.StartsWith(series + " ", StringComparison.Ordinal));
        return double.Parse(line[(series.Length + 1)..], System.Globalization.CultureInfo.InvariantCulture);
    }
}
