using MessagePack;

namespace AtomGrains.Grains.Wire;

/// <summary>A view; nodes, lanes and partitions by their numbers.</summary>
[MessagePackObject]
[Immutable]
public sealed record WireView(
    [property: Key(0)] long Generation,
    [property: Key(1)] long Lineage,
    [property: Key(2)] IReadOnlyList<WireMember> Members,
    [property: Key(3)] IReadOnlyList<int> LaneOwners,
    [property: Key(4)] IReadOnlyList<WirePlacement> Partitions,
    [property: Key(5)] WireOrigin? Origin = null,
    [property: Key(6)] IReadOnlyList<WireLaneDeath>? Deaths = null,
    [property: Key(7)] IReadOnlyList<int>? HeldLanes = null,
    [property: Key(8)] IReadOnlyList<int>? Shards = null,
    [property: Key(9)] double AuditShare = 0,
    [property: Key(10)] IReadOnlyList<WireQuarantine>? Quarantined = null,
    [property: Key(11)] IReadOnlyList<WireTrust>? Trusted = null);

/// <summary>A node that an audit has found wrong.</summary>
[MessagePackObject]
[Immutable]
public sealed record WireQuarantine([property: Key(0)] int Node, [property: Key(1)] int Slot, [property: Key(2)] long Step);

/// <summary>How far audits speak for a device.</summary>
[MessagePackObject]
[Immutable]
public sealed record WireTrust([property: Key(0)] int Slot, [property: Key(1)] long Step);

/// <summary>What one worker computed of an audited lane.</summary>
[MessagePackObject]
[Immutable]
public sealed record WireVote(
    [property: Key(0)] int Node, [property: Key(1)] int Slot, [property: Key(2)] ulong Digest, [property: Key(3)] bool IsWrong);

/// <summary>A node that ended by itself in the middle of a lane.</summary>
[MessagePackObject]
[Immutable]
public sealed record WireLaneDeath([property: Key(0)] long Step, [property: Key(1)] int Lane, [property: Key(2)] int Node);

/// <summary>The checkpoint that a lineage began from.</summary>
[MessagePackObject]
[Immutable]
public sealed record WireOrigin(
    [property: Key(0)] long Lineage, [property: Key(1)] long Step, [property: Key(2)] long OptimizerCount, [property: Key(3)] int SkipsInRow);

/// <summary>An object of the store that holds a partition's slice.</summary>
[MessagePackObject]
[Immutable]
public sealed record WireSlice(
    [property: Key(0)] int Partition,
    [property: Key(1)] int FirstElement,
    [property: Key(2)] int Elements,
    [property: Key(3)] string Object,
    [property: Key(4)] long Bytes,
    [property: Key(5)] string Sha256);

/// <summary>A node of a view.</summary>
[MessagePackObject]
[Immutable]
public sealed record WireMember([property: Key(0)] int Node, [property: Key(1)] int Slot, [property: Key(2)] string Address, string? Host = null)
{
    [Key(3)]
    public string Host { get; init; } = Host ?? "";
}

/// <summary>The place of a partition.</summary>
[MessagePackObject]
[Immutable]
public sealed record WirePlacement([property: Key(0)] int Primary, [property: Key(1)] int? Backup, [property: Key(2)] int? Joiner);

/// <summary>A decision, its floating-point numbers as bits.</summary>
[MessagePackObject]
[Immutable]
public sealed record WireDecision(
    [property: Key(0)] long Lineage,
    [property: Key(1)] long Step,
    [property: Key(2)] int Kind,
    [property: Key(3)] float LearningRate,
    [property: Key(4)] float ClipScale,
    [property: Key(5)] float FirstCorrection,
    [property: Key(6)] float SecondCorrection,
    [property: Key(7)] double Loss,
    [property: Key(8)] double GradientNorm,
    [property: Key(9)] long OptimizerCount,
    [property: Key(10)] int SkipsInRow,
    [property: Key(11)] ulong Previous,
    [property: Key(12)] bool Snapshot = false);

/// <summary>A step of one history.</summary>
[MessagePackObject]
[Immutable]
public sealed record WireStepKey([property: Key(0)] long Lineage, [property: Key(1)] long Step, [property: Key(2)] ulong Previous);

/// <summary>The state of a replica on adopting a view.</summary>
[MessagePackObject]
[Immutable]
public sealed record WireReplica(
    [property: Key(0)] int Partition, [property: Key(1)] long Version, [property: Key(2)] bool HoldsReduced, [property: Key(3)] WireDecision? Last);

/// <summary>What a primary has sealed.</summary>
[MessagePackObject]
[Immutable]
public sealed record WireSeal(
    [property: Key(0)] int Partition,
    [property: Key(1)] long Step,
    [property: Key(2)] ulong Previous,
    [property: Key(3)] IReadOnlyList<WireSum> SumsOfSquares,
    [property: Key(4)] double Loss,
    [property: Key(5)] WireProof? Proof = null);

/// <summary>Hashes of a partition's parameters, as base64.</summary>
[MessagePackObject]
[Immutable]
public sealed record WireProof([property: Key(0)] string Subtrees, [property: Key(1)] string? Leaves);

/// <summary>The sum of squares below one node of the block tree.</summary>
[MessagePackObject]
[Immutable]
public sealed record WireSum([property: Key(0)] int Level, [property: Key(1)] int Index, [property: Key(2)] double Value);

/// <summary>Counts of one node since it began.</summary>
[MessagePackObject]
[Immutable]
public sealed record WireCounters(
    [property: Key(0)] long DuplicatePushesRejected,
    [property: Key(1)] long StaleGenerationRejected,
    [property: Key(2)] long EarlyRejected,
    [property: Key(3)] long LateRejected,
    [property: Key(4)] long OtherHistoryRejected,
    [property: Key(5)] long ReplicaMismatches,
    [property: Key(6)] long LanesRecomputed,
    [property: Key(7)] long LanesComputed,
    [property: Key(8)] long LanesTaken,
    [property: Key(9)] long BytesSent = 0,
    [property: Key(10)] long BytesReceived = 0,
    [property: Key(11)] long SamplesFromHolders = 0,
    [property: Key(12)] long SamplesFromFile = 0,
    [property: Key(13)] long NotTrustedRejected = 0);

/// <summary>A node of the lane tree.</summary>
[MessagePackObject]
[Immutable]
public sealed record WireTreeNode([property: Key(0)] int Level, [property: Key(1)] int Index);
