using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;

namespace AtomGrains.Core.Tests.Membership;

/// <summary>Copies that are made after nodes have joined and left, against the fewest that could have been.</summary>
public class LeastMovementTests
{
    private static readonly HashSet<NodeId> None = [];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void CopiesAreAsManyAsTheNextEvenPlacementNeedsButForOneInTwenty(int seed)
    {
        var random = new Random(seed);
        var (moved, needed) = (0, 0);
        for (var run = 0; run < 60; run++)
        {
            var hosts = Enumerable.Range(1, random.Next(2, 8)).Select(id => new NodeId(id)).ToList();
            var newest = hosts.Count;
            var placements = Settled(PartitionAssigner.Initial(hosts, random.Next(1, 25)), hosts, None, out _);
            for (var change = 0; change < 12; change++)
            {
                var leaving = new HashSet<NodeId>();
                if (hosts.Count > 2 && random.Next(2) == 0)
                {
                    var gone = hosts[random.Next(hosts.Count)];
                    hosts.Remove(gone);
                    if (random.Next(2) == 0)
                    {
                        leaving.Add(gone);
                    }
                }
                else
                {
                    hosts.Add(new NodeId(++newest));
                }

                var least = Least(placements, hosts);
                placements = Settled(placements, hosts, leaving, out var copies);
                // That a partition's copies lie on two nodes is not in the bound, and costs a copy now and then.
                Assert.True(copies <= least + 3, $"{copies} copies were made and {least} are enough: run {run}, change {change}");
                var loads = hosts.Select(host => placements.Count(placement => placement.IsReplica(host))).ToList();
                Assert.True(loads.Max() - loads.Min() <= 2, $"{string.Join(' ', loads)}: run {run}, change {change}");
                Assert.All(placements, placement => Assert.Subset(hosts.ToHashSet(), placement.Replicas.ToHashSet()));
                Assert.All(placements, placement => Assert.NotNull(placement.Backup));
                moved += copies;
                needed += least;
            }
        }

        Assert.True(needed > 1000 && moved <= 1.05 * needed, $"{moved} copies were made, {needed} are enough");
    }

    // Goes on until nothing is to be filled: each joiner's fill succeeds, and is one copy.
    private static PartitionPlacement[] Settled(PartitionPlacement[] placements, List<NodeId> hosts, HashSet<NodeId> leaving, out int copies)
    {
        copies = 0;
        for (var round = 0; round < 200; round++)
        {
            var inSync = Enumerable.Range(0, placements.Length).Where(i => placements[i].Joiner is { } joiner && hosts.Contains(joiner)).Select(i => new PartitionId(i)).ToHashSet();
            copies += inSync.Count;
            var (next, lost) = PartitionAssigner.Reassign(placements, hosts, leaving, None, inSync, ProtocolRules.Safe);
            Assert.Empty(lost);
            if (next!.SequenceEqual(placements))
            {
                return placements;
            }

            placements = next!;
        }

        throw new InvalidOperationException("the placement does not come to rest");
    }

    // Copies that the nearest placement needs of which each partition has two and each node its even share: what nodes have
    // that stay is kept as far as that share goes, the odd copies by those who have most.
    private static int Least(PartitionPlacement[] placements, List<NodeId> hosts)
    {
        var loads = hosts.Select(host => placements.Count(placement => placement.IsReplica(host))).OrderDescending().ToList();
        var (each, odd) = Math.DivRem(2 * placements.Length, hosts.Count);
        return loads.Select((load, rank) => Math.Max(0, each + (rank < odd ? 1 : 0) - load)).Sum();
    }
}
