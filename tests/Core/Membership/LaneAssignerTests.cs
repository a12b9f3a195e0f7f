using AtomGrains.Core.Membership;

namespace AtomGrains.Core.Tests.Membership;

public class LaneAssignerTests
{
    public static TheoryData<int> LaneCounts => [1, 2, 4, 8, 16];

    [Theory]
    [MemberData(nameof(LaneCounts))]
    public void EveryChangeOfAnyWorldUpToFiveIsBalancedAndMovesTheLeast(int lanes)
    {
        foreach (var first in Worlds(1, 5))
        {
            var before = LaneAssigner.Assign(null, first, lanes);
            AssertBalanced(before, first, lanes);
            foreach (var second in Worlds(1, 7))
            {
                var after = LaneAssigner.Assign(before, second, lanes);
                AssertBalanced(after, second, lanes);
                Assert.Equal(FewestMoves(before, second, lanes), Moves(before, after));
            }
        }
    }

    [Fact]
    public void SameWorldMovesNothing()
    {
        var owners = LaneAssigner.Assign(null, [new(1), new(2), new(3)], 16);
        Assert.Equal(owners, LaneAssigner.Assign(owners, [new(1), new(2), new(3)], 16));
    }

    [Fact]
    public void FirstAssignmentGivesEachWorkerAlignedRuns() =>
        Assert.Equal([1, 1, 2, 2, 3, 3, 4, 4], LaneAssigner.Assign(null, [new(1), new(2), new(3), new(4)], 8).Select(owner => owner.Value));

    [Fact]
    public void NoWorkerAtAllIsRefused() => Assert.Throws<ArgumentException>(() => LaneAssigner.Assign(null, [], 4));

    // Every set of nodes with at least one, from node 1 up to a node.
    private static IEnumerable<NodeId[]> Worlds(int from, int to) =>
        Enumerable.Range(1, (1 << (to - from + 1)) - 1).Select(set => Enumerable.Range(from, to - from + 1).Where(i => (set >> (i - from) & 1) == 1).Select(i => new NodeId(i)).ToArray());

    private static void AssertBalanced(NodeId[] owners, NodeId[] workers, int lanes)
    {
        var counts = workers.Select(worker => owners.Count(owner => owner == worker)).ToList();
        Assert.Equal(lanes, counts.Sum());
        Assert.InRange(counts.Max() - counts.Min(), 0, 1);
    }

    private static int Moves(NodeId[] before, NodeId[] after) => before.Zip(after).Count(pair => pair.First != pair.Second);

    // Of what each survivor holds it can keep the floor, and as many of them one more as there are odd lanes.
    private static int FewestMoves(NodeId[] before, NodeId[] workers, int lanes)
    {
        var each = lanes / workers.Length;
        var held = workers.Select(worker => before.Count(owner => owner == worker)).ToList();
        var kept = held.Sum(count => Math.Min(count, each)) + Math.Min(held.Count(count => count > each), lanes % workers.Length);
        return lanes - kept;
    }
}
