using MessagePack;

namespace AtomGrains.Grains.Wire;

/// <summary>A device that a silo offers.</summary>
/// <param name="Silo">Orleans's parsable silo address.</param>
/// <param name="Host">The machine, by which primary and backup are kept apart.</param>
/// <param name="Ordinal">The silo's number in its set: the worker's number it would like.</param>
/// <param name="Device"><c>cpu</c> or <c>cuda:N</c>.</param>
/// <param name="MemoryBytes">Of the device; 0 where its silo cannot tell.</param>
/// <param name="Program">SHA-256 of the job's assembly, which must be the run's.</param>
/// <param name="Over">The node that lived on the device last, and does no more; null when none has.</param>
/// <param name="Child">Which of the silo's devices, where each has a process of its own; null where the node lives in the silo.</param>
/// <param name="Version"><see cref="WireContract.Version"/> of the silo.</param>
[MessagePackObject]
[Immutable]
public sealed record DeviceOffer(
    [property: Key(0)] string Silo,
    [property: Key(1)] string Host,
    [property: Key(2)] int Ordinal,
    [property: Key(3)] string Device,
    [property: Key(4)] long MemoryBytes,
    [property: Key(5)] string Program,
    [property: Key(6)] int? Over = null,
    [property: Key(7)] int? Child = null,
    int Version = 0)
{
    [Key(8)]
    public int Version { get; init; } = Version == 0 ? WireContract.Unsaid : Version;
}

/// <summary>What becomes of an offer.</summary>
/// <param name="IsOver">The run needs no device any more.</param>
/// <param name="Refused">Why the device can never be used; null when it may be, now or later.</param>
/// <param name="IsTaken">A node is to live on the device.</param>
[MessagePackObject]
[Immutable]
public sealed record OfferAnswer([property: Key(0)] bool IsOver, [property: Key(1)] string? Refused, [property: Key(2)] bool IsTaken = false);

/// <summary>Who a node is.</summary>
/// <param name="Child">The <see cref="DeviceOffer.Child"/> of the offer that it takes.</param>
[MessagePackObject]
[Immutable]
public sealed record WorkerSeat(
    [property: Key(0)] int Version,
    [property: Key(1)] int Node,
    [property: Key(2)] int Slot,
    [property: Key(3)] int? Child = null);

/// <summary>How the process of a node ended, as the silo saw that had started it, or that its device has failed a check since.</summary>
/// <param name="Kind">In the fault ledger's words.</param>
/// <param name="Cause">What it said of its failure, if it did.</param>
/// <param name="SiloRests">Why that silo starts no process for the run for a while, in a line; null while it does.</param>
/// <param name="Version"><see cref="WireContract.Version"/> of that silo.</param>
/// <param name="FailedCheck">Number of the check that has failed, from 1, which is what is said then; null of an end.</param>
/// <param name="Slot">The worker's number, which who coordinates now may never have known; of a check alone.</param>
[MessagePackObject]
[Immutable]
public sealed record NodeExit(
    [property: Key(0)] int Node,
    [property: Key(1)] string Kind,
    [property: Key(2)] string? Cause,
    [property: Key(3)] string? SiloRests = null,
    int Version = 0,
    [property: Key(5)] int? FailedCheck = null,
    [property: Key(6)] int Slot = 0)
{
    [Key(4)]
    public int Version { get; init; } = Version == 0 ? WireContract.Unsaid : Version;
}

/// <summary>What lives in a worker grain.</summary>
[MessagePackObject]
[Immutable]
public sealed record NodeState([property: Key(0)] int Node, [property: Key(1)] int Slot, [property: Key(2)] string Silo, [property: Key(3)] int ProcessId);

/// <summary>Where a partition lives: the nodes of its replicas in the view of a generation.</summary>
/// <param name="Joiner">Who is filled, to become a replica.</param>
/// <param name="FirstElement">Of the flat parameter vector.</param>
/// <param name="Elements">How many from there.</param>
/// <param name="Silos">Of those nodes, as far as they are known.</param>
[MessagePackObject]
[Immutable]
public sealed record PartitionHome(
    [property: Key(0)] long Generation,
    [property: Key(1)] int Primary,
    [property: Key(2)] int? Backup,
    [property: Key(3)] int? Joiner,
    [property: Key(4)] int FirstElement,
    [property: Key(5)] int Elements,
    [property: Key(6)] IReadOnlyList<NodeSilo> Silos);

/// <summary>Samples <paramref name="First"/> to <paramref name="First"/> + <paramref name="Count"/> − 1.</summary>
/// <param name="Silo">Where the shard lives; elsewhere once that silo is gone.</param>
[MessagePackObject]
[Immutable]
public sealed record ShardRange([property: Key(0)] long First, [property: Key(1)] long Count, [property: Key(2)] string Silo);

/// <summary>Where a run stands.</summary>
/// <param name="WaitingFor">In words; null when it waits for nothing.</param>
/// <param name="Silo">Where the coordinator lives.</param>
/// <param name="Silos">Where nodes live, as far as it is known.</param>
/// <param name="Stopped">Why the run ended before its last step; null when it did not.</param>
/// <param name="IsPaused">It wants no devices until it is resumed.</param>
/// <param name="Loss">Of the newest step, nats a token; null before the first, or when it is not finite.</param>
/// <param name="Weights">Hash of the final weights; null before the end.</param>
[MessagePackObject]
[Immutable]
public sealed record RunProgress(
    [property: Key(0)] long Step,
    [property: Key(1)] long Steps,
    [property: Key(2)] WireView? View,
    [property: Key(3)] string? WaitingFor,
    [property: Key(4)] bool IsOver,
    [property: Key(5)] string Silo,
    [property: Key(6)] int ProcessId,
    [property: Key(7)] IReadOnlyList<NodeSilo> Silos,
    [property: Key(8)] string? Stopped = null,
    [property: Key(9)] bool IsPaused = false,
    [property: Key(10)] double? Loss = null,
    [property: Key(11)] string? Weights = null);
