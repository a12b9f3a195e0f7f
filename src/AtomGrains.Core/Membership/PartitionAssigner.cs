using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;

namespace AtomGrains.Core.Membership;

/// <summary>
/// Decides replica sets. A new set's members come from the previous recorded set, plus a joiner that is in sync
/// (PROTOCOL R3); everything else can only be named as joiner, to be filled.
/// </summary>
public static class PartitionAssigner
{
    /// <summary>The first placement of a lineage: primaries round robin, each backup on the next node.</summary>
    public static PartitionPlacement[] Initial(IReadOnlyList<NodeId> hosts, int partitions) =>
        [.. Enumerable.Range(0, partitions).Select(i => new PartitionPlacement(
            hosts[i % hosts.Count],
            hosts.Count > 1 ? hosts[(i + 1) % hosts.Count] : null))];

    /// <summary>
    /// The next placement, or the partitions that have no replica left.
    /// </summary>
    /// <param name="previous">The placement of the last recorded view.</param>
    /// <param name="hosts">Nodes that may hold replicas from now on.</param>
    /// <param name="leaving">Living nodes that want to hand over what they have.</param>
    /// <param name="retired">Living nodes that keep a replica only where no other one is left.</param>
    /// <param name="inSync">Joiners that their primary reported in sync, under the last recorded view.</param>
    public static (PartitionPlacement[]? Next, List<PartitionId> Lost) Reassign(
        IReadOnlyList<PartitionPlacement> previous,
        IReadOnlyList<NodeId> hosts,
        IReadOnlySet<NodeId> leaving,
        IReadOnlySet<NodeId> retired,
        IReadOnlySet<PartitionId> inSync,
        ProtocolRules rules)
    {
        var staying = hosts.ToHashSet();
        var next = new PartitionPlacement[previous.Count];
        var lost = new List<PartitionId>();
        for (var i = 0; i < previous.Count; i++)
        {
            var old = previous[i];
            var joined = old.Joiner is { } joiner && inSync.Contains(new PartitionId(i)) ? joiner : (NodeId?)null;
            // Order of preference: who stays before who leaves, then primary, backup, joiner.
            var candidates = rules.Candidates(new PartitionId(i), old, joined is not null).ToList();
            var living = candidates
                .Where(node => staying.Contains(node) || leaving.Contains(node))
                .OrderBy(node => staying.Contains(node) ? 0 : 1)
                .ToList();
            if (living.Count == 0)
            {
                // One is enough: between two of them an acknowledgement may never come.
                living = candidates.Where(retired.Contains).Take(1).ToList();
            }

            if (living.Count == 0)
            {
                lost.Add(new PartitionId(i));
                continue;
            }

            next[i] = Choose(old, living, joined);
        }

        if (lost.Count > 0)
        {
            return (null, lost);
        }

        SpreadPrimaries(next, hosts);
        NameJoiners(previous, next, hosts, inSync);
        return (next, lost);
    }

    // Replicas of one set are equal, so primary and backup may change roles; it is done where it evens out the load.
    private static void SpreadPrimaries(PartitionPlacement[] next, IReadOnlyList<NodeId> hosts)
    {
        var primaries = hosts.ToDictionary(host => host, host => next.Count(placement => placement.Primary == host));
        for (var i = 0; i < next.Length; i++)
        {
            var (primary, backup) = (next[i].Primary, next[i].Backup);
            if (backup is { } other && primaries.TryGetValue(primary, out var many) && primaries.TryGetValue(other, out var few) && many >= few + 2)
            {
                next[i] = new PartitionPlacement(other, primary);
                primaries[primary]--;
                primaries[other]++;
            }
        }
    }

    // With a joiner in sync beside a full set, the joiner takes the place it was named for: the leaving or busiest replica's.
    private static PartitionPlacement Choose(PartitionPlacement old, List<NodeId> living, NodeId? joined)
    {
        if (joined is { } fresh && living.Count == 3)
        {
            var kept = living.First(node => node != fresh);
            return new PartitionPlacement(kept, fresh);
        }

        return new PartitionPlacement(living[0], living.Count > 1 ? living[1] : null);
    }

    private static void NameJoiners(IReadOnlyList<PartitionPlacement> previous, PartitionPlacement[] next, IReadOnlyList<NodeId> hosts, IReadOnlySet<PartitionId> inSync)
    {
        var load = hosts.ToDictionary(host => host, host => next.Count(placement => placement.IsReplica(host)));
        for (var i = 0; i < next.Length; i++)
        {
            // A fill under way goes on, unless it is done or its target is gone.
            if (previous[i].Joiner is { } target && !inSync.Contains(new PartitionId(i)) && load.ContainsKey(target) && NeedsJoiner(next[i], target))
            {
                Name(i, target);
            }
        }

        for (var i = 0; i < next.Length; i++)
        {
            var candidates = hosts.Where(host => !next[i].IsReplica(host)).OrderBy(host => load[host]).ThenBy(host => host).ToList();
            if (next[i].Joiner is null && candidates.Count > 0 && NeedsJoiner(next[i], candidates[0]))
            {
                Name(i, candidates[0]);
            }
        }

        void Name(int partition, NodeId target)
        {
            next[partition] = next[partition] with { Joiner = target };
            load[target]++;
        }

        // A joiner is for a set that lacks a backup, that holds a leaving node, or that sits on a node with two replicas more.
        bool NeedsJoiner(PartitionPlacement placement, NodeId target) =>
            placement.Backup is null
            || placement.Replicas.Any(node => !load.ContainsKey(node))
            || load[placement.Backup.Value] >= load[target] + 2;
    }
}
