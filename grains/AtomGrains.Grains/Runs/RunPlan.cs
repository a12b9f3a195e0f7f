using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Options;
using AtomGrains.Core.Protocol.Coordination;
using AtomGrains.Core.Runs;
using AtomGrains.Node.Workers;

namespace AtomGrains.Grains.Runs;

/// <summary>What every silo of a run knows of it. Only <see cref="Spec"/> decides bits.</summary>
public sealed record RunPlan
{
    public required string RunId { get; init; }

    public required RunSpec Spec { get; init; }

    /// <summary>The run folder: register, metrics and ledger.</summary>
    public required string Folder { get; init; }

    /// <summary>Length of the flat parameter vector.</summary>
    public required int Elements { get; init; }

    public required int Workers { get; init; }

    public int Spares { get; init; }

    public FaultPlan Faults { get; init; } = FaultPlan.None;

    /// <summary>The newest generation when this attempt began: views after it are this attempt's own.</summary>
    public required Generation Before { get; init; }

    /// <summary>SHA-256 of the job's assembly; a silo with another program is refused.</summary>
    public required string Program { get; init; }

    /// <summary>Whether each step's parameters are hashed to a root.</summary>
    public bool Roots { get; init; } = true;

    public NodeLimits Limits { get; init; } = new();

    /// <summary>Whether each partition has a second copy on another node.</summary>
    public bool Replicas { get; init; } = true;

    /// <summary>How often checkpoints are made; null for never.</summary>
    public CheckpointOptions? Checkpoints { get; init; }

    /// <summary>Checkpoints that are kept.</summary>
    public int Keep { get; init; } = 1;

    /// <summary>The checkpoint that this attempt's first lineage begins from; null for the seed.</summary>
    public LineageOrigin? Origin { get; init; }

    /// <summary>What must be alike for bits to be alike, besides the spec.</summary>
    public string BitsClass { get; init; } = "";

    public HeartbeatOptions Heartbeat { get; init; } = new();

    /// <summary>Skipped steps in a row that stop the run.</summary>
    public int MaximumSkips { get; init; } = new CoordinatorOptions().MaximumSkipsInRow;

    /// <summary>Failures that quarantine a device; at least 1.</summary>
    public int DeviceFailures { get; init; } = 3;

    /// <summary>
    /// How often in a row, without a step done for the first time, silos may rest from the run before it is stopped: 1 where they
    /// are there for this run alone. At least 1.
    /// </summary>
    public int MostSiloRests { get; init; } = 1;

    /// <summary>How long whoever is asked to end may take to hand over.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Share of lanes that are computed on two devices, from 0 to 1.</summary>
    public double AuditLanes { get; init; }

    /// <summary>What is done about the steps of a device with wrong bits.</summary>
    public WrongBitsPolicy OnWrongBits { get; init; }

    /// <summary>Whether its coordinator marks the folder finished: on standing silos, there is nobody beside the run who would.</summary>
    public bool FinishesFolder { get; init; }

    /// <summary>Why a silo with that program has no part in the run; null when it has.</summary>
    public string? RefusalOf(string program) => program == Program ? null
        : $"the run's job comes from a program with hash {Program}, this silo has {program}: deploy one image";
}
