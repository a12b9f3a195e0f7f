using AtomGrains.Core.Lanes;

namespace AtomGrains.Core.Tests.Lanes;

public class TreeNodeTests
{
    private const int Lanes = 16;

    public static IEnumerable<TreeNode> AllNodes(int lanes)
    {
        for (var level = 0; 1 << level <= lanes; level++)
        {
            for (var index = 0; index < lanes >> level; index++)
            {
                yield return new TreeNode(level, index);
            }
        }
    }

    [Fact]
    public void NodeCoversExactlyTheLanesBetweenItsBounds()
    {
        foreach (var node in AllNodes(Lanes))
        {
            var covered = Enumerable.Range(0, Lanes).Where(node.CoversLane);
            Assert.Equal(Enumerable.Range(node.FirstLane, node.LaneCount), covered);
            Assert.Equal(node.FirstLane + node.LaneCount, node.EndLane);
        }
    }

    [Fact]
    public void NodeCoversAnotherExactlyWhenItHasAllOfItsLanes()
    {
        foreach (var a in AllNodes(Lanes))
        {
            foreach (var b in AllNodes(Lanes))
            {
                var contains = a.FirstLane <= b.FirstLane && b.EndLane <= a.EndLane;
                Assert.Equal(contains, a.Covers(b));
            }
        }
    }

    [Fact]
    public void TwoNodesAreDisjointOrNested()
    {
        foreach (var a in AllNodes(Lanes))
        {
            foreach (var b in AllNodes(Lanes))
            {
                var meet = a.FirstLane < b.EndLane && b.FirstLane < a.EndLane;
                Assert.Equal(meet, a.Covers(b) || b.Covers(a));
            }
        }
    }

    [Fact]
    public void ChildrenAreTheHalvesOfTheirParent()
    {
        foreach (var node in AllNodes(Lanes).Where(node => node.Level > 0))
        {
            Assert.Equal(node, node.Left.Parent);
            Assert.Equal(node, node.Right.Parent);
            Assert.Equal(node.Right, node.Left.Sibling);
            Assert.Equal(node.Left, node.Right.Sibling);
            Assert.True(node.Left.IsLeft);
            Assert.False(node.Right.IsLeft);
            Assert.Equal((node.FirstLane, node.Right.FirstLane), (node.Left.FirstLane, node.Left.EndLane));
        }
    }

    [Fact]
    public void NodesSortByTheirFirstLaneAndTheSmallerFirst()
    {
        var sorted = AllNodes(Lanes).Order().ToList();
        Assert.Equal(sorted, [.. AllNodes(Lanes).OrderBy(node => node.FirstLane).ThenBy(node => node.LaneCount)]);
    }
}
