using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;

namespace AtomGrains.Core.Tests.Membership;

public class PartitionAssignerTests
{
    private const int Partitions = 3;

    private static readonly HashSet<NodeId> None = [];
    private static readonly HashSet<PartitionId> NoneInSync = [];

    [Fact]
    public void FirstPlacementSpreadsPrimariesAndPutsBackupsOnAnotherNode()
    {
        for (var nodes = 1; nodes <= 5; nodes++)
        {
            var hosts = Nodes(nodes);
            var placements = PartitionAssigner.Initial(hosts, 7);
            var primaries = hosts.Select(host => placements.Count(placement => placement.Primary == host)).ToList();
            Assert.InRange(primaries.Max() - primaries.Min(), 0, 1);
            Assert.All(placements, placement => Assert.Equal(nodes > 1, placement.Backup is { } backup && backup != placement.Primary));
        }
    }

    [Fact]
    public void EveryLossOfAnyNodesInAnyOrderKeepsTheRulesOfReplicaSets()
    {
        var reached = 0;
        for (var nodes = 1; nodes <= 5; nodes++)
        {
            var seen = new HashSet<string>();
            Explore(PartitionAssigner.Initial(Nodes(nodes), Partitions), Nodes(nodes), depth: nodes < 5 ? 3 : 2, seen);
            reached += seen.Count;
        }

        Assert.True(reached > 200, $"{reached} placements");
    }

    [Fact]
    public void FillsThatSucceedOneByOneEndWithTwoReplicasEachAndAnEvenLoad()
    {
        for (var nodes = 2; nodes <= 5; nodes++)
        {
            for (var lost = 1; lost < nodes; lost++)
            {
                var placements = PartitionAssigner.Initial(Nodes(nodes), 8);
                var hosts = Nodes(nodes + lost).Where(node => node.Value != lost).ToList();
                var rounds = 0;
                while (true)
                {
                    var inSync = Joining(placements);
                    (var next, _) = PartitionAssigner.Reassign(placements, hosts, None, None, inSync, ProtocolRules.Safe);
                    if (next!.SequenceEqual(placements))
                    {
                        break;
                    }

                    placements = next!;
                    Assert.True(++rounds < 20, "replicas move for ever");
                }

                Assert.All(placements, placement => Assert.NotNull(placement.Backup));
                var loads = hosts.Select(host => placements.Count(placement => placement.IsReplica(host))).ToList();
                Assert.InRange(loads.Max() - loads.Min(), 0, 2);
            }
        }
    }

    [Fact]
    public void NodeThatLeavesHandsOverBeforeItIsLeftOut()
    {
        NodeId stays = new(1), leaves = new(2), fresh = new(3);
        PartitionPlacement[] placements = [new(leaves, stays)];
        var (next, _) = PartitionAssigner.Reassign(placements, [stays, fresh], new HashSet<NodeId> { leaves }, None, new HashSet<PartitionId>(), ProtocolRules.Safe);
        Assert.Equal([new PartitionPlacement(stays, leaves, fresh)], next!);
        (next, _) = PartitionAssigner.Reassign(next!, [stays, fresh], new HashSet<NodeId> { leaves }, None, new HashSet<PartitionId> { new(0) }, ProtocolRules.Safe);
        Assert.Equal([new PartitionPlacement(stays, fresh)], next!);
    }

    [Fact]
    public void JoinerThatIsNotInSyncIsNoReplicaEvenWhenItIsTheLast()
    {
        PartitionPlacement[] placements = [new(new(1), null, new NodeId(2))];
        var (next, lost) = PartitionAssigner.Reassign(placements, [new(2)], None, None, new HashSet<PartitionId>(), ProtocolRules.Safe);
        Assert.Null(next);
        Assert.Equal([new PartitionId(0)], lost);
        (next, _) = PartitionAssigner.Reassign(placements, [new(2)], None, None, new HashSet<PartitionId> { new(0) }, ProtocolRules.Safe);
        Assert.Equal([new PartitionPlacement(new NodeId(2))], next!);
    }

    [Fact]
    public void FirstPlacementKeepsPrimaryAndBackupOnDifferentHostsAndSpreadsBackups()
    {
        var nodes = Nodes(6);
        foreach (var hosts in new[] { 2, 3, 6 })
        {
            string HostOf(NodeId node) => $"host {(node.Value - 1) * hosts / 6}";
            var placements = PartitionAssigner.Initial(nodes, 12, HostOf);
            Assert.All(placements, placement => Assert.NotEqual(HostOf(placement.Primary), HostOf(placement.Backup!.Value)));
            Assert.All(nodes, node => Assert.Equal(2, placements.Count(placement => placement.Backup == node)));
        }
    }

    [Fact]
    public void WithoutReplicasAPartitionHasOneCopyThatOnlyALeavingNodeHandsOver()
    {
        NodeId leaves = new(1), stays = new(2), fresh = new(3);
        var placements = PartitionAssigner.Initial([leaves, stays], 4, replicates: false);
        Assert.All(placements, placement => Assert.Null(placement.Backup));

        // Somebody joins: nothing moves.
        var (next, _) = PartitionAssigner.Reassign(placements, [leaves, stays, fresh], None, None, NoneInSync, ProtocolRules.Safe, replicates: false);
        Assert.Equal(placements, next);

        (next, _) = PartitionAssigner.Reassign(placements, [stays, fresh], new HashSet<NodeId> { leaves }, None, NoneInSync, ProtocolRules.Safe, replicates: false);
        var named = next!.Select((placement, i) => (placement, new PartitionId(i))).Where(entry => entry.placement.Joiner is not null).ToList();
        Assert.Equal(placements.Count(placement => placement.Primary == leaves), named.Count);
        Assert.All(named, entry => Assert.Equal(leaves, entry.placement.Primary));
        (next, _) = PartitionAssigner.Reassign(next!, [stays, fresh], new HashSet<NodeId> { leaves }, None, named.Select(entry => entry.Item2).ToHashSet(), ProtocolRules.Safe, replicates: false);
        Assert.All(next!, placement => Assert.True(placement.Primary != leaves && placement.Joiner is null));

        // Who ends without a word takes what it had along.
        (next, var lost) = PartitionAssigner.Reassign(placements, [stays], None, None, NoneInSync, ProtocolRules.Safe, replicates: false);
        Assert.Null(next);
        Assert.Equal(2, lost.Count);
    }

    [Fact]
    public void OnASingleHostAnotherNodeOfItHasToDo() =>
        Assert.Equal(
            PartitionAssigner.Initial(Nodes(3), 7),
            PartitionAssigner.Initial(Nodes(3), 7, _ => "the only one"));

    [Fact]
    public void ALostBackupIsFilledOnAnotherHostOnlyWhileThereIsOne()
    {
        NodeId primary = new(1), neighbour = new(2), far = new(3), busy = new(4);
        string HostOf(NodeId node) => node.Value <= 2 ? "near" : "far";
        PartitionPlacement[] placements = [new(primary, far), new(busy, null), new(busy, null), new(busy, null)];
        (var next, _) = PartitionAssigner.Reassign(placements, [primary, neighbour, busy], None, None, NoneInSync, ProtocolRules.Safe, HostOf);
        Assert.Equal(busy, next![0].Joiner);
        (next, _) = PartitionAssigner.Reassign(placements[..1], [primary, neighbour], None, None, NoneInSync, ProtocolRules.Safe, HostOf);
        Assert.Equal(neighbour, next![0].Joiner);
    }

    [Fact]
    public void CopiesOfOneHostAreMovedApartOnceThereIsAnotherAndNeitherIsGivenUpBefore()
    {
        NodeId primary = new(1), neighbour = new(2), far = new(3);
        string HostOf(NodeId node) => node == far ? "far" : "near";
        PartitionPlacement[] placements = [new(primary, neighbour)];
        (var next, _) = PartitionAssigner.Reassign(placements, [primary, neighbour, far], None, None, NoneInSync, ProtocolRules.Safe, HostOf);
        Assert.Equal([new PartitionPlacement(primary, neighbour, far)], next!);
        (next, _) = PartitionAssigner.Reassign(next!, [primary, neighbour, far], None, None, new HashSet<PartitionId> { new(0) }, ProtocolRules.Safe, HostOf);
        Assert.Equal([new PartitionPlacement(primary, far)], next!);
    }

    [Fact]
    public void FillsEndWithCopiesApartAndDoNotGoOnForEverWhateverTheHosts()
    {
        for (var nodes = 2; nodes <= 6; nodes++)
        {
            for (var split = 1; split < nodes; split++)
            {
                string HostOf(NodeId node) => node.Value <= split ? "one" : "other";

                // As one host alone would have placed them.
                var placements = PartitionAssigner.Initial(Nodes(nodes), 8);
                for (var rounds = 0; ; rounds++)
                {
                    Assert.True(rounds < 40, $"replicas of {nodes} nodes, {split} of them on one host, move for ever");
                    var inSync = Joining(placements);
                    (var next, _) = PartitionAssigner.Reassign(placements, Nodes(nodes), None, None, inSync, ProtocolRules.Safe, HostOf);
                    if (next!.SequenceEqual(placements))
                    {
                        break;
                    }

                    placements = next!;
                }

                Assert.All(placements, placement => Assert.NotEqual(HostOf(placement.Primary), HostOf(placement.Backup!.Value)));
            }
        }
    }

    [Fact]
    public void RetiredNodeKeepsAReplicaOnlyWhereNoOtherCopyLives()
    {
        NodeId works = new(1), retired = new(2), fresh = new(3), dead = new(4);
        PartitionPlacement[] placements = [new(retired, works), new(works, retired), new(retired, dead, works), new(retired, null, works)];
        var (next, _) = PartitionAssigner.Reassign(placements, [works, fresh], None, new HashSet<NodeId> { retired }, new HashSet<PartitionId> { new(3) }, ProtocolRules.Safe);
        Assert.Equal([[works], [works], [retired], [works]], next!.Select(placement => placement.Replicas));
        Assert.All(next!, placement => Assert.NotNull(placement.Joiner));
        Assert.DoesNotContain(retired, next!.Select(placement => placement.Joiner!.Value));
    }

    [Fact]
    public void OfTwoRetiredNodesThePrimaryKeepsTheReplica()
    {
        NodeId primary = new(1), backup = new(2), fresh = new(3);
        var (next, lost) = PartitionAssigner.Reassign([new(primary, backup)], [fresh], None, new HashSet<NodeId> { primary, backup }, new HashSet<PartitionId>(), ProtocolRules.Safe);
        Assert.Equal([new PartitionPlacement(primary, null, fresh)], next!);
        Assert.Empty(lost);
    }

    // From each placement: every set of survivors (with up to one new node), every one of them leaving or none, every set of joiners in sync.
    private static void Explore(PartitionPlacement[] previous, List<NodeId> hosts, int depth, HashSet<string> seen)
    {
        if (!seen.Add($"{depth} {string.Join(" ", hosts)} {string.Join(" ", previous.AsEnumerable())}") || depth == 0)
        {
            return;
        }

        var joining = Joining(previous).Order().ToList();
        var fresh = new NodeId(hosts.Max(host => host.Value) + 10);
        foreach (var survivors in Subsets([.. hosts, fresh]).Where(set => set.Count > 0))
        {
            foreach (var inSync in Subsets(joining))
            {
                foreach (var leaving in depth == 3 ? survivors.Select(node => (NodeId?)node).Append(null) : [null])
                {
                    var staying = survivors.Where(node => node != leaving).ToList();
                    if (staying.Count == 0)
                    {
                        continue;
                    }

                    var (next, lost) = PartitionAssigner.Reassign(
                        previous, staying, leaving is { } goes ? new HashSet<NodeId> { goes } : [], None, inSync.ToHashSet(), ProtocolRules.Safe);
                    Check(previous, survivors, inSync, next, lost);
                    if (next is not null && leaving is null)
                    {
                        Explore(next, staying, depth - 1, seen);
                    }
                }
            }
        }
    }

    private static void Check(PartitionPlacement[] previous, List<NodeId> living, List<PartitionId> inSync, PartitionPlacement[]? next, List<PartitionId> lost)
    {
        for (var i = 0; i < Partitions; i++)
        {
            var id = new PartitionId(i);
            var allowed = previous[i].Replicas.Concat(inSync.Contains(id) ? [previous[i].Joiner!.Value] : []).Where(living.Contains).ToList();
            Assert.Equal(allowed.Count == 0, lost.Contains(id));
            if (next is null)
            {
                continue;
            }

            var now = next[i];
            Assert.All(now.Replicas, node => Assert.Contains(node, allowed));
            Assert.NotEqual(now.Primary, now.Backup);
            Assert.False(now.Joiner is { } joiner && (now.IsReplica(joiner) || !living.Contains(joiner)));
            // No copy is given up while there is room for it.
            Assert.Equal(Math.Min(2, allowed.Count), now.Replicas.Count());
        }

        Assert.Equal(next is null, lost.Count > 0);
    }

    private static HashSet<PartitionId> Joining(PartitionPlacement[] placements) =>
        [.. Enumerable.Range(0, placements.Length).Where(i => placements[i].Joiner is not null).Select(i => new PartitionId(i))];

    private static List<NodeId> Nodes(int count) => [.. Enumerable.Range(1, count).Select(i => new NodeId(i))];

    private static IEnumerable<List<T>> Subsets<T>(List<T> items) =>
        Enumerable.Range(0, 1 << items.Count).Select(set => items.Where((_, i) => (set >> i & 1) == 1).ToList());
}
