using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Audits;

namespace AtomGrains.Node.Telemetry;

/// <summary>How a run stands now, as its coordinator's host sees it.</summary>
/// <param name="Workers">That own lanes.</param>
/// <param name="Ready">Nodes that are alive and have said that they are ready.</param>
/// <param name="Counters">Sums over all nodes that there ever were.</param>
/// <param name="CheckpointAge">Steps since the newest complete checkpoint, or since the beginning; null for a run without checkpoints.</param>
/// <param name="Audits">Since the coordinator began; null for none.</param>
public sealed record RunGauges(int Workers, int Ready, long Generation, NodeCounters Counters, long? CheckpointAge = null, AuditCounts? Audits = null)
{
    /// <summary>Workers that the run wants now; none while it is paused or over.</summary>
    public int WorkersWanted { get; init; }

    /// <summary>Spares that it wants beside them.</summary>
    public int SparesWanted { get; init; }

    /// <summary>Workers and spares for which there is no process, not even one that starts.</summary>
    public int DevicesMissing { get; init; }

    /// <summary>Devices that are used no more.</summary>
    public int DevicesQuarantined { get; init; }

    /// <summary>Whether the run has stopped before its last step, other than on request.</summary>
    public bool IsStopped { get; init; }

    /// <summary>A run that is paused or over wants nothing, holds nothing, and has nothing left to lose.</summary>
    public static RunGauges AtRest(long generation, NodeCounters counters, AuditCounts audits, bool isStopped) =>
        new(0, 0, generation, counters, Audits: audits) { IsStopped = isStopped };
}
