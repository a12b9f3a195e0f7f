namespace AtomGrains.Node.Telemetry;

/// <summary>
/// The names of a run's metrics: a contract, and the only place where they stand. An exporter joins the meter's name and
/// the instrument's by an underscore, as prometheus-net does: <c>atomgrains_faults_total</c>. Base units; labels have few
/// values, and never are a worker's or a node's id.
/// </summary>
public static class MetricNames
{
    public const string Meter = "atomgrains";

    public const string Faults = "faults_total";
    public const string RecoverySeconds = "recovery_seconds";
    public const string StepsCommitted = "steps_committed_total";
    public const string StepsSkipped = "steps_skipped_total";
    public const string EffectiveTrainingTimeRatio = "effective_training_time_ratio";
    public const string GoodputRatio = "goodput_ratio";
    public const string Workers = "workers";
    public const string WorkersReady = "workers_ready";
    public const string Generation = "generation";
    public const string StepSeconds = "step_seconds";
    public const string Tokens = "tokens_total";
    public const string SamplesCommitted = "samples_committed_total";
    public const string LanesRecomputed = "lanes_recomputed_total";
    public const string DuplicatePushesRejected = "duplicate_pushes_rejected_total";
    public const string StaleGenerationRejected = "stale_generation_rejected_total";
    public const string EarlyRejected = "early_rejected_total";
    public const string LateRejected = "late_rejected_total";
    public const string OtherHistoryRejected = "other_history_rejected_total";
    public const string NotTrustedRejected = "not_trusted_rejected_total";
    public const string ReplicaMismatch = "replica_mismatch_total";
    public const string LaneAudits = "lane_audits_total";
    public const string TransportBytes = "transport_bytes_total";
    public const string PreemptionNotices = "preemption_notices_total";
    public const string Loss = "loss";
    public const string SamplesRead = "samples_read_total";
    public const string CheckpointWriteSeconds = "checkpoint_write_seconds";
    public const string CheckpointBlockedSeconds = "checkpoint_blocked_seconds";
    public const string CheckpointAgeSteps = "checkpoint_age_steps";
    public const string CheckpointAgeSeconds = "checkpoint_age_seconds";
    public const string WorkersWanted = "workers_wanted";
    public const string SparesWanted = "spares_wanted";
    public const string DevicesMissing = "devices_missing";
    public const string DevicesQuarantined = "devices_quarantined";
    public const string DeviceSecondsHeld = "device_seconds_held_total";
    public const string DeviceSecondsUseful = "device_seconds_useful_total";
    public const string StepsLost = "steps_lost_total";
    public const string RunStopped = "run_stopped";
    public const string RunUnfinished = "run_unfinished";
    public const string RunDevicesWanted = "run_devices_wanted";

    /// <summary>Label: the run's id, where a process may have several; none where it has one.</summary>
    public const string Run = "run";

    /// <summary>Label: of a recovery or of a step.</summary>
    public const string Phase = "phase";

    /// <summary>Label: what a fault was, in the ledger's words.</summary>
    public const string Kind = "kind";

    /// <summary>Label: whose fault it was, in the ledger's words.</summary>
    public const string Role = "role";

    /// <summary>Label: why a step was skipped.</summary>
    public const string Reason = "reason";

    /// <summary>Label: <c>holder</c> or <c>file</c>.</summary>
    public const string Source = "source";

    /// <summary>Label: what became of a comparison.</summary>
    public const string Result = "result";

    /// <summary>Label: <c>in</c> or <c>out</c>.</summary>
    public const string Direction = "direction";
}
