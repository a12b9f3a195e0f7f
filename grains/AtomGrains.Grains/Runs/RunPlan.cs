using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Runs;
using AtomGrains.Node.Runs;

namespace AtomGrains.Grains.Runs;

/// <summary>What every silo of a run knows of it. Only <see cref="Spec"/> decides bits.</summary>
public sealed record RunPlan
{
    public required string RunId { get; init; }

    public required RunSpec Spec { get; init; }

    public required RunSettings Settings { get; init; }

    /// <summary>The run folder: register, metrics and ledger.</summary>
    public required string Folder { get; init; }

    /// <summary>Length of the flat parameter vector.</summary>
    public required int Elements { get; init; }

    /// <summary>The newest generation when this attempt began: views after it are this attempt's own.</summary>
    public required Generation Before { get; init; }

    /// <summary>SHA-256 of the job's assembly; a silo with another program is refused.</summary>
    public required string Program { get; init; }

    /// <summary>The checkpoint that this attempt's first lineage begins from; null for the seed.</summary>
    public LineageOrigin? Origin { get; init; }

    /// <summary>The decision that led to that checkpoint, where nodes without a coordinator have left it; its line in the metrics may have died with that.</summary>
    public Decision? Led { get; init; }

    /// <summary>What must be alike for bits to be alike, besides the spec.</summary>
    public string BitsClass { get; init; } = "";

    /// <summary>
    /// How often in a row, without a step done for the first time, silos may rest from the run before it is stopped: 1 where they
    /// are there for this run alone. At least 1.
    /// </summary>
    public int MostSiloRests { get; init; } = 1;

    /// <summary>Whether its coordinator marks the folder finished: on standing silos, there is nobody beside the run who would.</summary>
    public bool FinishesFolder { get; init; }

    /// <summary>
    /// Whether whoever started its silos sees how each of them ends, and says so in <see cref="SiloEnds"/>. Of standing silos
    /// nobody whom the run knows does.
    /// </summary>
    public bool EndsAreSeen { get; init; }

    /// <summary>The store of checkpoints, by name.</summary>
    public string Store => Settings.Checkpoints.StoreFor(Folder);

    /// <summary>Why a silo with that program has no part in the run; null when it has.</summary>
    public string? RefusalOf(string program) => program == Program ? null
        : $"the run's job comes from a program with hash {Program}, this silo has {program}: deploy one image";
}
