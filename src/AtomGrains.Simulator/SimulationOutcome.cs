using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Membership;

namespace AtomGrains.Simulator;

/// <summary>What a simulated run has come to so far.</summary>
internal sealed class SimulationOutcome
{
    public bool IsFinished { get; set; }

    /// <summary>Why the run was given up, rightly; null when it was not.</summary>
    public string? Stopped { get; set; }

    public ulong? WeightsDigest { get; set; }

    public Lineage FinalLineage { get; set; }

    /// <summary>Lineages that came into force.</summary>
    public HashSet<Lineage> Lineages { get; } = [];

    /// <summary>Steps decided as skipped, over all lineages.</summary>
    public int Skipped { get; set; }

    /// <summary>Checkpoints that got a manifest.</summary>
    public HashSet<CheckpointId> Checkpoints { get; } = [];

    /// <summary>How often a run that had died whole went on from a checkpoint.</summary>
    public int Resumes { get; set; }

    /// <summary>Samples of computed lanes that holders of shards had sent in time.</summary>
    public long SamplesFromHolders { get; set; }

    /// <summary>Samples of computed lanes that nobody had sent in time.</summary>
    public long SamplesFromFile { get; set; }

    /// <summary>Lineages that began from a checkpoint.</summary>
    public HashSet<Lineage> Restored { get; } = [];
}
