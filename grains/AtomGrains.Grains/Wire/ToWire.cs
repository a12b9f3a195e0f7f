using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Messages;

namespace AtomGrains.Grains.Wire;

/// <summary>Core's control messages as wire records: every one of them, whole, bit for bit.</summary>
public static class ToWire
{
    /// <exception cref="ArgumentException">A message that the wire contract lacks.</exception>
    public static WireControl Map(ControlMessage message) => message switch
    {
        AdoptView adopt => new WireAdoptView(Map(adopt.View)),
        Introduce => new WireIntroduce(),
        Decide decide => new WireDecide(decide.Generation.Value, Map(decide.Decision), decide.ViewFollows),
        ReturnToStep back => new WireReturnToStep(back.Generation.Value, back.Lineage.Began.Value, back.Step),
        Dismiss dismiss => new WireDismiss(dismiss.Generation.Value, (int)dismiss.Reason),
        ExportWeights export => new WireExportWeights(export.Generation.Value, export.Lineage.Began.Value, export.Version),
        NodeReady ready => new WireNodeReady(ready.Address, ready.Slot, ready.Host),
        Heartbeat heartbeat => new WireHeartbeat(heartbeat.Generation.Value, Map(heartbeat.Counters)),
        Adopted adopted => new WireAdopted(adopted.Generation.Value, [.. adopted.Replicas.Select(Map)]),
        Sealed seals => new WireSealed(seals.Generation.Value, seals.Lineage.Began.Value, [.. seals.Seals.Select(Map)]),
        JoinerInSync inSync => new WireJoinerInSync(inSync.Generation.Value, inSync.Partition.Value, inSync.Joiner.Value),
        BatchEvaluated evaluated => new WireBatchEvaluated(Map(evaluated.Key), evaluated.Batch, evaluated.Loss),
        WeightsExported exported => new WireWeightsExported(exported.Lineage.Began.Value, exported.Version, exported.Sha256),
        ReplicasDiffer differ => new WireReplicasDiffer(differ.Generation.Value, differ.Partition.Value, differ.Backup.Value, differ.Version),
        LeaveRequested => new WireLeaveRequested(),
        ViewWanted wanted => new WireViewWanted(wanted.Own.Value),
        StepTimed timed => new WireStepTimed(timed.Step, timed.Pull, timed.Compute, timed.Push, timed.Apply),
        LanesNotFinite report => new WireLanesNotFinite(Map(report.Key), report.Lanes),
        SayWhatYouWaitFor ask => new WireSayWhatYouWaitFor(ask.Generation.Value),
        WaitsFor waits => new WireWaitsFor(
            waits.Generation.Value,
            [.. waits.Lanes.Select(lanes => new WireTreeNode(lanes.Level, lanes.Index))],
            [.. waits.Replicas.Select(replica => replica.Value)],
            [.. waits.Parameters.Select(partition => partition.Value)],
            waits.Auditors is { } auditors ? [.. auditors.Select(node => node.Value)] : null),
        LaneDisputed disputed => new WireLaneDisputed(
            disputed.Generation.Value,
            disputed.Partition.Value,
            Map(disputed.Key),
            disputed.Lane,
            [.. disputed.Votes.Select(vote => new WireVote(vote.Node.Value, vote.Slot, vote.Digest.Value, vote.IsWrong))]),
        SliceStored stored => new WireSliceStored(Map(stored.Before), Map(stored.Slice), stored.BlockedSeconds, stored.WriteSeconds),
        SliceNotStored missing => new WireSliceNotStored(Map(missing.Before), missing.Partition.Value, missing.Reason),
        _ => throw new ArgumentException($"{message.GetType().Name} has no wire record", nameof(message)),
    };

    public static WireView Map(View view) => new(
        view.Generation.Value,
        view.Lineage.Began.Value,
        [.. view.Members.Select(member => new WireMember(member.Node.Value, member.Slot, member.Address, member.Host))],
        [.. view.LaneOwners.Select(owner => owner.Value)],
        [.. view.Partitions.Select(place => new WirePlacement(place.Primary.Value, place.Backup?.Value, place.Joiner?.Value))],
        view.Origin is { Checkpoint: var from } origin ? new WireOrigin(from.Lineage.Began.Value, from.Step, origin.OptimizerCount, origin.SkipsInRow) : null,
        [.. view.Deaths.Select(death => new WireLaneDeath(death.Step, death.Lane, death.Node.Value))],
        [.. view.HeldLanes],
        [.. view.Shards.Select(holder => holder.Value)],
        view.AuditShare,
        [.. view.Quarantined.Select(quarantine => new WireQuarantine(quarantine.Node.Value, quarantine.Slot, quarantine.Step))],
        [.. view.Trusted.Select(trust => new WireTrust(trust.Slot, trust.Step))]);

    private static WireSlice Map(StoredSlice slice) =>
        new(slice.Partition.Value, slice.FirstElement, slice.Elements, slice.Object, slice.Bytes, slice.Sha256);

    private static WireDecision Map(Decision decision) => new(
        decision.Lineage.Began.Value,
        decision.Step,
        (int)decision.Kind,
        decision.Scalars.LearningRate,
        decision.Scalars.ClipScale,
        decision.Scalars.FirstCorrection,
        decision.Scalars.SecondCorrection,
        decision.Loss,
        decision.GradientNorm,
        decision.OptimizerCount,
        decision.SkipsInRow,
        decision.Previous.Value,
        decision.Snapshot);

    private static WireReplica Map(ReplicaReport report) =>
        new(report.Partition.Value, report.Version, report.HoldsReduced, report.Last is { } last ? Map(last) : null);

    private static WireSeal Map(PartitionSeal seal) => new(
        seal.Partition.Value,
        seal.Step,
        seal.Previous.Value,
        [.. seal.SumsOfSquares.Select(sum => new WireSum(sum.Node.Level, sum.Node.Index, sum.Value))],
        seal.Loss,
        seal.Proof is { } proof ? new WireProof(proof.Subtrees, proof.Leaves) : null);

    private static WireStepKey Map(StepKey key) => new(key.Lineage.Began.Value, key.Step, key.Previous.Value);

    private static WireCounters Map(NodeCounters counters) => new(
        counters.DuplicatePushesRejected,
        counters.StaleGenerationRejected,
        counters.EarlyRejected,
        counters.LateRejected,
        counters.OtherHistoryRejected,
        counters.ReplicaMismatches,
        counters.LanesRecomputed,
        counters.LanesComputed,
        counters.LanesTaken,
        counters.BytesSent,
        counters.BytesReceived,
        counters.SamplesFromHolders,
        counters.SamplesFromFile,
        counters.NotTrustedRejected);
}
