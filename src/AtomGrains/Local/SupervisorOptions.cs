using System.Net;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Options;
using AtomGrains.Core.Protocol.Coordination;
using AtomGrains.Node.Checkpoints;
using AtomGrains.Node.Storage;

namespace AtomGrains.Local;

/// <summary>Where and on how many processes a run takes place; nothing in here changes a bit of its weights.</summary>
public sealed record SupervisorOptions
{
    public required int Workers { get; init; }

    public int Spares { get; init; }

    /// <summary>Dealt out to processes by their numbers, round and round; of one kind.</summary>
    public IReadOnlyList<string> Devices { get; init; } = ["cpu"];

    /// <summary>Where the supervisor and the nodes listen.</summary>
    public IPAddress Listen { get; init; } = IPAddress.Loopback;

    /// <summary>Port of the control channel; 0 is any free one.</summary>
    public int Port { get; init; }

    /// <summary>Whether each step's parameters are hashed to a root.</summary>
    public bool Roots { get; init; } = true;

    /// <summary>Whether each partition has a second copy on another node.</summary>
    public bool Replicas { get; init; } = true;

    /// <summary>How long nodes live without a supervisor.</summary>
    public TimeSpan OrphanGrace { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a node has to hand over after a notice to end.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What the run's last supervisor left for who comes after it; null for a run that begins.</summary>
    public SupervisorPost? Predecessor { get; init; }

    public HeartbeatOptions Heartbeat { get; init; } = new();

    /// <summary>Skipped steps in a row that stop the run.</summary>
    public int MaximumSkips { get; init; } = new CoordinatorOptions().MaximumSkipsInRow;

    /// <summary>Failures of one device that quarantine it.</summary>
    public int DeviceFailures { get; init; } = 3;

    public CheckpointPlan Checkpoints { get; init; } = new();

    public FaultPlan Faults { get; init; } = FaultPlan.None;

    /// <summary>Environment of node processes beside this process's own.</summary>
    public required IReadOnlyDictionary<string, string> NodeEnvironment { get; init; }

    /// <summary>The device of a worker's number.</summary>
    public string DeviceOf(int slot) => Devices[slot % Devices.Count];
}
