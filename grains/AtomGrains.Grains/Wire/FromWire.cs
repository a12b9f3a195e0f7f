using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Lanes;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Audits;
using AtomGrains.Core.Protocol.Messages;

namespace AtomGrains.Grains.Wire;

/// <summary>Wire records as Core's control messages: the inverse of <see cref="ToWire"/>.</summary>
public static class FromWire
{
    /// <exception cref="ArgumentException">A record that this version cannot map.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number in it stands for something that this version does not know.</exception>
    public static ControlMessage Map(WireControl message) => message switch
    {
        WireAdoptView adopt => new AdoptView(Map(adopt.View)),
        WireIntroduce => new Introduce(),
        WireDecide decide => new Decide(new Generation(decide.Generation), Map(decide.Decision), decide.ViewFollows),
        WireReturnToStep back => new ReturnToStep(new Generation(back.Generation), LineageOf(back.Lineage), back.Step),
        WireDismiss dismiss => new Dismiss(new Generation(dismiss.Generation), Known<DismissReason>(dismiss.Reason)),
        WireExportWeights export => new ExportWeights(new Generation(export.Generation), LineageOf(export.Lineage), export.Version),
        WireNodeReady ready => new NodeReady(ready.Address, ready.Slot, ready.Host),
        WireHeartbeat heartbeat => new Heartbeat(new Generation(heartbeat.Generation), Map(heartbeat.Counters)),
        WireAdopted adopted => new Adopted(new Generation(adopted.Generation), [.. adopted.Replicas.Select(Map)]),
        WireSealed seals => new Sealed(new Generation(seals.Generation), LineageOf(seals.Lineage), [.. seals.Seals.Select(Map)]),
        WireJoinerInSync inSync => new JoinerInSync(new Generation(inSync.Generation), new PartitionId(inSync.Partition), new NodeId(inSync.Joiner)),
        WireBatchEvaluated evaluated => new BatchEvaluated(Map(evaluated.Step), evaluated.Batch, evaluated.Loss),
        WireWeightsExported exported => new WeightsExported(LineageOf(exported.Lineage), exported.Version, exported.Sha256),
        WireReplicasDiffer differ => new ReplicasDiffer(
            new Generation(differ.Generation), new PartitionId(differ.Partition), new NodeId(differ.Backup), differ.Version),
        WireLeaveRequested => new LeaveRequested(),
        WireViewWanted wanted => new ViewWanted(new Generation(wanted.Own)),
        WireStepTimed timed => new StepTimed(timed.Step, timed.Pull, timed.Compute, timed.Push, timed.Apply),
        WireLanesNotFinite report => new LanesNotFinite(Map(report.Step), report.Lanes),
        WireSayWhatYouWaitFor ask => new SayWhatYouWaitFor(new Generation(ask.Generation)),
        WireWaitsFor waits => new WaitsFor(
            new Generation(waits.Generation),
            [.. waits.Lanes.Select(lanes => new TreeNode(lanes.Level, lanes.Index))],
            [.. waits.Replicas.Select(replica => new NodeId(replica))],
            [.. waits.Parameters.Select(partition => new PartitionId(partition))],
            waits.Auditors is { } auditors ? [.. auditors.Select(node => new NodeId(node))] : null),
        WireLaneDisputed disputed => new LaneDisputed(
            new Generation(disputed.Generation),
            new PartitionId(disputed.Partition),
            Map(disputed.Step),
            disputed.Lane,
            [.. disputed.Votes.Select(vote => new LeafVote(new NodeId(vote.Node), vote.Slot, new SliceDigest(vote.Digest), vote.IsWrong))]),
        WireSliceStored stored => new SliceStored(Map(stored.Before), Map(stored.Slice), stored.BlockedSeconds, stored.WriteSeconds),
        WireSliceNotStored missing => new SliceNotStored(Map(missing.Before), new PartitionId(missing.Partition), missing.Reason),
        _ => throw new ArgumentException($"{message.GetType().Name} is not known to this version", nameof(message)),
    };

    public static View Map(WireView view) => new()
    {
        Generation = new Generation(view.Generation),
        Lineage = LineageOf(view.Lineage),
        Origin = view.Origin is { } origin
            ? new LineageOrigin(new CheckpointId(LineageOf(origin.Lineage), origin.Step), origin.OptimizerCount, origin.SkipsInRow)
            : null,
        Members = [.. view.Members.Select(member => new Member(new NodeId(member.Node), member.Slot, member.Address, member.Host))],
        LaneOwners = [.. view.LaneOwners.Select(owner => new NodeId(owner))],
        Partitions = [.. view.Partitions.Select(place => new PartitionPlacement(new NodeId(place.Primary), NodeOf(place.Backup), NodeOf(place.Joiner)))],
        Deaths = [.. (view.Deaths ?? []).Select(death => new LaneDeath(death.Step, death.Lane, new NodeId(death.Node)))],
        HeldLanes = [.. view.HeldLanes ?? []],
        Shards = [.. (view.Shards ?? []).Select(holder => new NodeId(holder))],
        AuditShare = view.AuditShare,
        Quarantined = [.. (view.Quarantined ?? []).Select(quarantine => new Quarantine(new NodeId(quarantine.Node), quarantine.Slot, quarantine.Step))],
        Trusted = [.. (view.Trusted ?? []).Select(trust => new Trust(trust.Slot, trust.Step))],
    };

    private static Decision Map(WireDecision decision) => new(
        LineageOf(decision.Lineage),
        decision.Step,
        Known<DecisionKind>(decision.Kind),
        new UpdateScalars(decision.LearningRate, decision.ClipScale, decision.FirstCorrection, decision.SecondCorrection),
        decision.Loss,
        decision.GradientNorm,
        decision.OptimizerCount,
        decision.SkipsInRow,
        new DecisionDigest(decision.Previous),
        decision.Snapshot);

    private static StoredSlice Map(WireSlice slice) =>
        new(new PartitionId(slice.Partition), slice.FirstElement, slice.Elements, slice.Object, slice.Bytes, slice.Sha256);

    private static ReplicaReport Map(WireReplica report) =>
        new(new PartitionId(report.Partition), report.Version, report.HoldsReduced, report.Last is { } last ? Map(last) : null);

    private static PartitionSeal Map(WireSeal seal) => new(
        new PartitionId(seal.Partition),
        seal.Step,
        new DecisionDigest(seal.Previous),
        [.. seal.SumsOfSquares.Select(sum => new SubtreeSum(new TreeNode(sum.Level, sum.Index), sum.Value))],
        seal.Loss,
        seal.Proof is { } proof ? new PartitionProof(proof.Subtrees, proof.Leaves) : null);

    private static StepKey Map(WireStepKey key) => new(LineageOf(key.Lineage), key.Step, new DecisionDigest(key.Previous));

    private static NodeCounters Map(WireCounters counters) => new(
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

    // A number that a newer version has given means nothing here, and a cast would let it pass for something.
    private static T Known<T>(int number)
        where T : struct, Enum =>
        Enum.IsDefined(typeof(T), number) ? (T)Enum.ToObject(typeof(T), number)
            : throw new ArgumentOutOfRangeException(nameof(number), number, $"{typeof(T).Name} {number} is not known to this version");

    private static Lineage LineageOf(long began) => new(new Generation(began));

    private static NodeId? NodeOf(int? node) => node is { } value ? new NodeId(value) : null;
}
