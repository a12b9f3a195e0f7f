using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;

namespace AtomGrains.Core.Membership;

/// <summary>
/// Decides replica sets. A new set's members come from the previous recorded set, plus a joiner that is in sync
/// (PROTOCOL R3); everything else can only be named as joiner, to be filled. Two copies on one host die together, so a
/// backup goes to another host than its primary's. Where all nodes are on one host that would leave every partition
/// with a single copy and one machine with nothing to run on: there, and only there, another process has to do. (A host
/// is what its nodes say it is: on loopback each may give a name of its own.) A copy that is there is never given up for
/// the rule; it is moved once its successor is in sync.
/// </summary>
public static class PartitionAssigner
{
    /// <summary>The first placement of a lineage: primaries round robin, each backup on the next node of another host.</summary>
    /// <param name="nodes">Nodes that hold replicas.</param>
    /// <param name="hostOf">The host of a node; without it, all are on one.</param>
    /// <param name="replicates">Whether a partition has a backup.</param>
    public static PartitionPlacement[] Initial(IReadOnlyList<NodeId> nodes, int partitions, Func<NodeId, string>? hostOf = null, bool replicates = true)
    {
        var apart = new HostRule(nodes, hostOf, replicates);
        var backups = nodes.ToDictionary(node => node, _ => 0);
        return [.. Enumerable.Range(0, partitions).Select(Place)];

        // Of the nodes that may be, the one with the fewest backups; of those, the next one round.
        PartitionPlacement Place(int partition)
        {
            var primary = nodes[partition % nodes.Count];
            var others = Enumerable.Range(1, nodes.Count - 1).Select(i => nodes[(partition + i) % nodes.Count])
                .Where(node => apart.Allows(primary, node)).OrderBy(node => backups[node]).Take(1).ToList();
            others.ForEach(node => backups[node]++);
            return new PartitionPlacement(primary, others.Count > 0 ? others[0] : null);
        }
    }

    /// <summary>
    /// The next placement, or the partitions that have no replica left.
    /// </summary>
    /// <param name="previous">The placement of the last recorded view.</param>
    /// <param name="hosts">Nodes that may hold replicas from now on.</param>
    /// <param name="leaving">Living nodes that want to hand over what they have.</param>
    /// <param name="retired">Living nodes that keep a replica only where no other one is left.</param>
    /// <param name="inSync">Joiners that their primary reported in sync, under the last recorded view.</param>
    /// <param name="hostOf">The host of a living node; without it, all are on one.</param>
    /// <param name="replicates">Whether a partition has a backup; where none has, one that leaves hands over all the same.</param>
    public static (PartitionPlacement[]? Next, List<PartitionId> Lost) Reassign(
        IReadOnlyList<PartitionPlacement> previous,
        IReadOnlyList<NodeId> hosts,
        IReadOnlySet<NodeId> leaving,
        IReadOnlySet<NodeId> retired,
        IReadOnlySet<PartitionId> inSync,
        ProtocolRules rules,
        Func<NodeId, string>? hostOf = null,
        bool replicates = true)
    {
        var apart = new HostRule(hosts, hostOf, replicates);
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

            next[i] = Choose(living, joined, apart);
        }

        if (lost.Count > 0)
        {
            return (null, lost);
        }

        SpreadPrimaries(next, hosts);
        NameJoiners(previous, next, hosts, inSync, apart);
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
    private static PartitionPlacement Choose(List<NodeId> living, NodeId? joined, HostRule apart)
    {
        if (joined is { } fresh && living.Count == 3)
        {
            var others = living.Where(node => node != fresh).ToList();
            var kept = others.Find(node => apart.Allows(node, fresh)) is { Value: > 0 } found ? found : others[0];
            return new PartitionPlacement(kept, fresh);
        }

        return new PartitionPlacement(living[0], living.Count > 1 ? living[1] : null);
    }

    private static void NameJoiners(IReadOnlyList<PartitionPlacement> previous, PartitionPlacement[] next, IReadOnlyList<NodeId> hosts, IReadOnlySet<PartitionId> inSync, HostRule apart)
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
            var candidates = hosts.Where(host => !next[i].IsReplica(host)).OrderBy(host => load[host]).ThenBy(host => host)
                .Where(host => NeedsJoiner(next[i], host)).Take(1).ToList();
            if (next[i].Joiner is null && candidates.Count > 0)
            {
                Name(i, candidates[0]);
            }
        }

        void Name(int partition, NodeId target)
        {
            next[partition] = next[partition] with { Joiner = target };
            load[target]++;
        }

        // A joiner is for a set that lacks a backup, that holds a leaving node, whose copies are on one host, or that sits on
        // a node with two replicas more. Who is left beside it when it takes its place has to be on another host.
        bool NeedsJoiner(PartitionPlacement placement, NodeId target)
        {
            if (placement.Backup is not { } backup)
            {
                return apart.Replicates ? apart.Allows(placement.Primary, target) : !load.ContainsKey(placement.Primary);
            }

            var staying = placement.Replicas.Where(load.ContainsKey).ToList();
            var isShort = staying.Count < 2 || !apart.Allows(placement.Primary, backup);
            return isShort
                ? (staying.Count > 0 ? staying : placement.Replicas).Any(node => apart.Allows(node, target))
                : load[backup] >= load[target] + 2 && apart.Allows(placement.Primary, target);
        }
    }
}
