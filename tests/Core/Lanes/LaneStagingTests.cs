using AtomGrains.Core.Lanes;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;

namespace AtomGrains.Core.Tests.Lanes;

public class LaneStagingTests
{
    private static readonly TreeNode Half = new(1, 0);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void EveryOrderOfEveryFamilyOfNodesReducesToTheSameBits(bool areKnown)
    {
        var nodes = TreeNodeTests.AllNodes(4).ToArray();
        var (mean, loss) = LaneGradients.Mean(4);
        var reduced = 0;
        for (var family = 1; family < 1 << nodes.Length; family++)
        {
            var members = nodes.Where((_, i) => (family >> i & 1) == 1).ToArray();
            var covers = Enumerable.Range(0, 4).All(lane => members.Any(node => node.CoversLane(lane)));
            foreach (var order in Permutations(members))
            {
                var staging = Staged(order, areKnown ? new NodeId(1) : null);
                Assert.Equal(covers, staging.IsComplete);
                Assert.Equal(members.SelectMany(Lanes).Distinct().Order(), staging.Nodes.SelectMany(Lanes));
                if (covers)
                {
                    var result = staging.Reduce();
                    Assert.Equal(mean.Select(BitConverter.SingleToInt32Bits), result.Mean.Select(BitConverter.SingleToInt32Bits));
                    Assert.Equal(loss, result.Loss);
                    reduced++;
                }
            }
        }

        Assert.Equal(13485, reduced);
    }

    [Fact]
    public void MissingIsTheFewestNodesThatCoverWhatIsNotStaged()
    {
        for (var set = 0; set < 256; set++)
        {
            var staged = LaneTreeTests.Members(set, 8);
            var staging = new LaneStaging(8, new FloatPool(), ProtocolRules.Safe);
            LaneTree.MaximalSubtrees(staged, 8).ForEach(node => staging.Offer(node, LaneGradients.Below(node).Sum, 0));
            var missing = Enumerable.Range(0, 8).Except(staged).ToHashSet();
            Assert.Equal(LaneTree.MaximalSubtrees(missing, 8), staging.Missing());
        }
    }

    [Fact]
    public void WhatOneHasComputedGoesWholeAndTheRestStays()
    {
        var staging = new LaneStaging(4, new FloatPool(), ProtocolRules.Safe);
        staging.Offer(Half, LaneGradients.Below(Half).Sum, 0, new NodeId(1));
        staging.Offer(TreeNode.Leaf(2), LaneGradients.Below(TreeNode.Leaf(2)).Sum, 0, new NodeId(2));
        staging.Offer(TreeNode.Leaf(3), LaneGradients.Below(TreeNode.Leaf(3)).Sum, 0);
        staging.RemoveOf(node => node == new NodeId(1));
        Assert.Equal([TreeNode.Leaf(2), TreeNode.Leaf(3)], staging.Nodes);
        Assert.Equal([Half], staging.Missing());
    }

    [Fact]
    public void SumsThatHoldSomethingOfTheWrongOneGoWhole()
    {
        var staging = new LaneStaging(8, new FloatPool(), ProtocolRules.Safe);
        foreach (var lane in Enumerable.Range(0, 6))
        {
            staging.Offer(TreeNode.Leaf(lane), LaneGradients.Of(lane), 0, new NodeId(lane));
        }

        Assert.Equal([new TreeNode(2, 0), new TreeNode(1, 2)], staging.Nodes.OrderBy(node => node.FirstLane));
        staging.RemoveOf(node => node == new NodeId(1));
        Assert.Equal([new TreeNode(1, 2)], staging.Nodes);
        Assert.Equal([new TreeNode(2, 0), new TreeNode(1, 3)], staging.Missing());
    }

    [Fact]
    public void WhatMayBeTakenOutAloneIsNotAddedToOthersBeforeTheEnd()
    {
        var staging = new LaneStaging(4, new FloatPool(), ProtocolRules.Safe);
        staging.Offer(TreeNode.Leaf(0), LaneGradients.Of(0), 0, new NodeId(1));
        staging.Offer(TreeNode.Leaf(1), LaneGradients.Of(1), 0);
        staging.Offer(TreeNode.Leaf(2), LaneGradients.Of(2), 0);
        staging.Offer(TreeNode.Leaf(3), LaneGradients.Of(3), 0, new NodeId(1));
        staging.Take(TreeNode.Leaf(1));
        Assert.Equal([TreeNode.Leaf(0), TreeNode.Leaf(2), TreeNode.Leaf(3)], staging.Nodes);
        Assert.False(staging.IsComplete);
    }

    [Fact]
    public void OneBufferALevelIsEnoughWhenLanesComeInTheirOrder()
    {
        const int levels = 6;
        var pool = new FloatPool();
        var own = new HashSet<float[]>(Enumerable.Range(0, levels).Select(_ => new float[LaneGradients.Elements]), ReferenceEqualityComparer.Instance);
        own.ToList().ForEach(pool.Return);
        var staging = new LaneStaging(1 << levels, pool, ProtocolRules.Safe);
        for (var lane = 0; lane < 1 << levels; lane++)
        {
            staging.Offer(TreeNode.Leaf(lane), LaneGradients.Of(lane), 0, new NodeId(lane % 3));
        }

        Assert.Equal([LaneTree.Root(1 << levels)], staging.Nodes);

        // The sum has one; had a seventh been needed, it would be among these.
        Assert.Equal(levels - 1, Enumerable.Range(0, levels).Select(_ => pool.Rent(LaneGradients.Elements)).Count(own.Contains));
        Assert.Contains(staging.Reduce().Mean, own);
    }

    [Fact]
    public void EqualAndContainedNodesAreDroppedAndCounted()
    {
        var staging = Staged([Half]);
        Assert.Equal(StagingResult.Duplicate, Offer(staging, Half));
        Assert.Equal(StagingResult.Duplicate, Offer(staging, Half.Left));
        Assert.Equal(2, staging.Dropped);
        Assert.Equal([Half], staging.Nodes);
    }

    [Fact]
    public void AncestorReplacesItsDescendants()
    {
        var staging = Staged([Half.Left, Half.Right]);
        Assert.Equal(StagingResult.ReplacedDescendants, Offer(staging, Half));
        Assert.Equal([Half], staging.Nodes);
        Assert.Equal(2, staging.Dropped);
    }

    [Fact]
    public void OfferedSliceIsCopied()
    {
        var slice = LaneGradients.Of(0);
        var staging = new LaneStaging(1, new FloatPool(), ProtocolRules.Safe);
        staging.Offer(TreeNode.Leaf(0), slice, 0);
        Array.Clear(slice);
        Assert.Equal(LaneGradients.Of(0), staging.Reduce().Mean);
    }

    [Fact]
    public void BuffersAreReusedFromStepToStep()
    {
        var pool = new FloatPool();
        var staging = new LaneStaging(4, pool, ProtocolRules.Safe);
        var seen = new HashSet<float[]>(ReferenceEqualityComparer.Instance);
        for (var step = 0; step < 10; step++)
        {
            for (var lane = 0; lane < 4; lane++)
            {
                Offer(staging, TreeNode.Leaf(lane));
            }

            var mean = staging.Reduce().Mean;
            seen.Add(mean);
            pool.Return(mean);
            Assert.False(staging.IsComplete);
            Assert.Empty(staging.Nodes);
        }

        Assert.InRange(seen.Count, 1, 4);
    }

    private static IEnumerable<int> Lanes(TreeNode node) => Enumerable.Range(node.FirstLane, node.LaneCount);

    private static LaneStaging Staged(IEnumerable<TreeNode> nodes, NodeId? by = null)
    {
        var staging = new LaneStaging(4, new FloatPool(), ProtocolRules.Safe);
        foreach (var node in nodes)
        {
            Offer(staging, node, by);
        }

        return staging;
    }

    private static StagingResult Offer(LaneStaging staging, TreeNode node, NodeId? by = null)
    {
        var (sum, loss) = LaneGradients.Below(node);
        return staging.Offer(node, sum, loss, by);
    }

    private static IEnumerable<TreeNode[]> Permutations(TreeNode[] nodes) => nodes.Length <= 1
        ? [nodes]
        : nodes.SelectMany((first, i) => Permutations([.. nodes[..i], .. nodes[(i + 1)..]]).Select(rest => (TreeNode[])[first, .. rest]));
}
