using AtomGrains.Core.Membership;
using AtomGrains.Core.Options;
using AtomGrains.Core.Protocol.Coordination;
using AtomGrains.Node.Checkpoints;
using AtomGrains.Node.Workers;

namespace AtomGrains.Node.Runs;

/// <summary>How a run takes place, as its user has asked for it and as every host carries it: nothing in here changes a bit of its weights.</summary>
public sealed record RunSettings
{
    public required int Workers { get; init; }

    public int Spares { get; init; }

    public FaultPlan Faults { get; init; } = FaultPlan.None;

    /// <summary>Whether each step's parameters are hashed to a root.</summary>
    public bool Roots { get; init; } = true;

    public NodeLimits Limits { get; init; } = new();

    /// <summary>Whether each partition has a second copy on another node.</summary>
    public bool Replicas { get; init; } = true;

    /// <summary>How long whoever is asked to end may take to hand over.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(30);

    public HeartbeatOptions Heartbeat { get; init; } = new();

    /// <summary>Skipped steps in a row that stop the run.</summary>
    public int MaximumSkips { get; init; } = new CoordinatorOptions().MaximumSkipsInRow;

    /// <summary>Failures of one device that quarantine it; at least 1.</summary>
    public int DeviceFailures { get; init; } = 3;

    /// <summary>Memory that a worker's device has to have; 0 asks for none.</summary>
    public long DeviceMemoryBytes { get; init; }

    /// <summary>Share of lanes that are computed on two devices, from 0 to 1.</summary>
    public double AuditLanes { get; init; }

    /// <summary>What is done about the steps of a device with wrong bits.</summary>
    public WrongBitsPolicy OnWrongBits { get; init; }

    public CheckpointPlan Checkpoints { get; init; } = new();

    /// <summary>What the coordinator has to know of it.</summary>
    public CoordinatorOptions ToCoordinatorOptions() => new()
    {
        Workers = Workers,
        Spares = Spares,
        Replicas = Replicas,
        Heartbeat = Heartbeat,
        Checkpoints = Checkpoints.Cadence,
        MaximumSkipsInRow = MaximumSkips,
        HandOverAfter = Grace / 6,
        LetGoAfter = Grace * 2 / 3,
        AuditShare = AuditLanes,
        OnWrongBits = OnWrongBits,
    };
}
