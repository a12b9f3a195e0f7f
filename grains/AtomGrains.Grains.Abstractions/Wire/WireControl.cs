using MessagePack;

namespace AtomGrains.Grains.Wire;

/// <summary>
/// A control message of the protocol. The numbers are the contract: one that is no longer sent is never given to
/// another. None of these carries a tensor.
/// </summary>
[Union(0, typeof(WireAdoptView))]
[Union(1, typeof(WireIntroduce))]
[Union(2, typeof(WireDecide))]
[Union(3, typeof(WireReturnToStep))]
[Union(4, typeof(WireDismiss))]
[Union(5, typeof(WireExportWeights))]
[Union(6, typeof(WireNodeReady))]
[Union(7, typeof(WireHeartbeat))]
[Union(8, typeof(WireAdopted))]
[Union(9, typeof(WireSealed))]
[Union(10, typeof(WireJoinerInSync))]
[Union(11, typeof(WireBatchEvaluated))]
[Union(12, typeof(WireWeightsExported))]
[Union(13, typeof(WireLeaveRequested))]
[Union(14, typeof(WireViewWanted))]
[Union(15, typeof(WireStepTimed))]
[Union(16, typeof(WireSayWhatYouWaitFor))]
[Union(17, typeof(WireWaitsFor))]
[Union(18, typeof(WireLanesNotFinite))]
[Union(19, typeof(WireReplicasDiffer))]
[Union(20, typeof(WireSliceStored))]
[Union(21, typeof(WireSliceNotStored))]
[Union(22, typeof(WireLaneDisputed))]
[MessagePackObject]
[Immutable]
public abstract record WireControl;

[MessagePackObject]
[Immutable]
public sealed record WireAdoptView([property: Key(0)] WireView View) : WireControl;

[MessagePackObject]
[Immutable]
public sealed record WireIntroduce : WireControl;

[MessagePackObject]
[Immutable]
public sealed record WireDecide([property: Key(0)] long Generation, [property: Key(1)] WireDecision Decision, [property: Key(2)] bool ViewFollows = false) : WireControl;

[MessagePackObject]
[Immutable]
public sealed record WireReturnToStep([property: Key(0)] long Generation, [property: Key(1)] long Lineage, [property: Key(2)] long Step) : WireControl;

[MessagePackObject]
[Immutable]
public sealed record WireDismiss([property: Key(0)] long Generation, [property: Key(1)] int Reason) : WireControl;

[MessagePackObject]
[Immutable]
public sealed record WireExportWeights([property: Key(0)] long Generation, [property: Key(1)] long Lineage, [property: Key(2)] long Version) : WireControl;

[MessagePackObject]
[Immutable]
public sealed record WireNodeReady([property: Key(0)] string Address, [property: Key(1)] int Slot, string? Host = null) : WireControl
{
    [Key(2)]
    public string Host { get; init; } = Host ?? "";
}

[MessagePackObject]
[Immutable]
public sealed record WireHeartbeat([property: Key(0)] long Generation, [property: Key(1)] WireCounters Counters) : WireControl;

[MessagePackObject]
[Immutable]
public sealed record WireAdopted([property: Key(0)] long Generation, [property: Key(1)] IReadOnlyList<WireReplica> Replicas) : WireControl;

[MessagePackObject]
[Immutable]
public sealed record WireSealed([property: Key(0)] long Generation, [property: Key(1)] long Lineage, [property: Key(2)] IReadOnlyList<WireSeal> Seals) : WireControl;

[MessagePackObject]
[Immutable]
public sealed record WireJoinerInSync([property: Key(0)] long Generation, [property: Key(1)] int Partition, [property: Key(2)] int Joiner) : WireControl;

[MessagePackObject]
[Immutable]
public sealed record WireBatchEvaluated([property: Key(0)] WireStepKey Step, [property: Key(1)] int Batch, [property: Key(2)] double Loss) : WireControl;

[MessagePackObject]
[Immutable]
public sealed record WireWeightsExported([property: Key(0)] long Lineage, [property: Key(1)] long Version, [property: Key(2)] string Sha256) : WireControl;

[MessagePackObject]
[Immutable]
public sealed record WireLeaveRequested : WireControl;

[MessagePackObject]
[Immutable]
public sealed record WireViewWanted([property: Key(0)] long Own) : WireControl;

[MessagePackObject]
[Immutable]
public sealed record WireStepTimed(
    [property: Key(0)] long Step, [property: Key(1)] double Pull, [property: Key(2)] double Compute, [property: Key(3)] double Push, [property: Key(4)] double Apply) : WireControl;

[MessagePackObject]
[Immutable]
public sealed record WireSayWhatYouWaitFor([property: Key(0)] long Generation) : WireControl;

[MessagePackObject]
[Immutable]
public sealed record WireWaitsFor(
    [property: Key(0)] long Generation,
    [property: Key(1)] IReadOnlyList<WireTreeNode> Lanes,
    [property: Key(2)] IReadOnlyList<int> Replicas,
    [property: Key(3)] IReadOnlyList<int> Parameters,
    [property: Key(4)] IReadOnlyList<int>? Auditors = null) : WireControl;

[MessagePackObject]
[Immutable]
public sealed record WireLanesNotFinite([property: Key(0)] WireStepKey Step, [property: Key(1)] IReadOnlyList<int> Lanes) : WireControl;

[MessagePackObject]
[Immutable]
public sealed record WireReplicasDiffer(
    [property: Key(0)] long Generation, [property: Key(1)] int Partition, [property: Key(2)] int Backup, [property: Key(3)] long Version) : WireControl;

[MessagePackObject]
[Immutable]
public sealed record WireSliceStored(
    [property: Key(0)] WireDecision Before,
    [property: Key(1)] WireSlice Slice,
    [property: Key(2)] double BlockedSeconds,
    [property: Key(3)] double WriteSeconds) : WireControl;

[MessagePackObject]
[Immutable]
public sealed record WireSliceNotStored(
    [property: Key(0)] WireDecision Before, [property: Key(1)] int Partition, [property: Key(2)] string Reason) : WireControl;

[MessagePackObject]
[Immutable]
public sealed record WireLaneDisputed(
    [property: Key(0)] long Generation,
    [property: Key(1)] int Partition,
    [property: Key(2)] WireStepKey Step,
    [property: Key(3)] int Lane,
    [property: Key(4)] IReadOnlyList<WireVote> Votes) : WireControl;
