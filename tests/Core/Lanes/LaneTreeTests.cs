using AtomGrains.Core.Lanes;

namespace AtomGrains.Core.Tests.Lanes;

public class LaneTreeTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(12)]
    public void NumberOfLeavesThatIsNoPowerOfTwoIsRefused(int leaves) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => LaneTree.Root(leaves));

    [Fact]
    public void MaximalSubtreesAreTheFewestThatCoverEverySetOfEightLanes()
    {
        for (var set = 0; set < 256; set++)
        {
            var lanes = Members(set, 8);
            var nodes = LaneTree.MaximalSubtrees(lanes, 8);

            // By brute force: every node whose lanes are all wanted and whose parent's are not.
            var expected = TreeNodeTests.AllNodes(8)
                .Where(node => IsWanted(node) && (node.LaneCount == 8 || !IsWanted(node.Parent))).Order();
            Assert.Equal(expected, nodes);

            bool IsWanted(TreeNode node) => Enumerable.Range(node.FirstLane, node.LaneCount).All(lanes.Contains);
        }
    }

    [Fact]
    public void CoverOfEveryRangeIsItsMaximalSubtrees()
    {
        for (var first = 0; first < 32; first++)
        {
            for (var end = first; end <= 32; end++)
            {
                var lanes = Enumerable.Range(first, end - first).ToHashSet();
                Assert.Equal(LaneTree.MaximalSubtrees(lanes, 32), LaneTree.CoverRange(first, end));
            }
        }
    }

    [Fact]
    public void SumDoesNotDependOnWhichWholeNodesItIsGiven()
    {
        for (var leaves = 1; leaves <= 21; leaves++)
        {
            var values = Enumerable.Range(0, leaves).Select(Leaf).ToArray();
            var expected = Pairwise(values, 0, 32);
            for (var cut = 1; cut < leaves; cut++)
            {
                var subtrees = LaneTree.CoverRange(0, cut).Concat(LaneTree.CoverRange(cut, leaves))
                    .ToDictionary(node => node, node => Pairwise(values, node.FirstLane, node.LaneCount));
                Assert.Equal(expected, LaneTree.Sum(subtrees, leaves));
            }
        }

        static double Leaf(int leaf) => Math.Sqrt(2 + leaf) * Math.Pow(10, leaf % 7 * 3);
    }

    internal static HashSet<int> Members(int set, int lanes) => [.. Enumerable.Range(0, lanes).Where(lane => (set >> lane & 1) == 1)];

    // The definition: halves first, leaves that are not there count as zero.
    private static double Pairwise(double[] values, int first, int count) =>
        count == 1 ? (first < values.Length ? values[first] : 0) : Pairwise(values, first, count / 2) + Pairwise(values, first + (count / 2), count / 2);
}
