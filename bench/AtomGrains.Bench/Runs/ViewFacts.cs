using AtomGrains.Core.Membership;

namespace AtomGrains.Bench.Runs;

/// <summary>What benches ask of a view.</summary>
internal static class ViewFacts
{
    /// <summary>So many workers own lanes, and each partition has its backup.</summary>
    public static bool IsWhole(this View view, int workers) =>
        view.Workers.Count == workers && view.Partitions.All(placement => placement.Backup is not null);
}
