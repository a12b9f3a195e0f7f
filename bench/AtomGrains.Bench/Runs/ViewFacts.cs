using AtomGrains.Core.Membership;
using AtomGrains.Node.Storage;

namespace AtomGrains.Bench.Runs;

/// <summary>What benches ask of a view.</summary>
internal static class ViewFacts
{
    /// <summary>So many workers own lanes, and each partition has its backup.</summary>
    public static bool IsWhole(this View view, int workers) =>
        view.Workers.Count == workers && view.Partitions.All(placement => placement.Backup is not null);

    /// <summary>Milliseconds of a lane of a step under a view, by the slowest worker's own clock.</summary>
    public static double LaneMilliseconds(this View view, MetricsLine line) => 1000 * line.Seconds.Compute / view.LaneOwners.CountBy(owner => owner).Max(owner => owner.Value);
}
