using AtomGrains.Core.Lanes;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;

namespace AtomGrains.Core.Tests.Lanes;

public class LaneStagingTests
{
    private static readonly TreeNode Half = new(1, 0);

    [Fact]
    public void EveryOrderOfEveryFamilyOfNodesReducesToTheSameBits()
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
                var staging = Staged(order);
                Assert.Equal(covers, staging.IsComplete);
                Assert.Equal(order.Length, staging.Nodes.Count() + staging.Dropped);
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

    private static LaneStaging Staged(IEnumerable<TreeNode> nodes)
    {
        var staging = new LaneStaging(4, new FloatPool(), ProtocolRules.Safe);
        foreach (var node in nodes)
        {
            Offer(staging, node);
        }

        return staging;
    }

    private static StagingResult Offer(LaneStaging staging, TreeNode node)
    {
        var (sum, loss) = LaneGradients.Below(node);
        return staging.Offer(node, sum, loss);
    }

    private static IEnumerable<TreeNode[]> Permutations(TreeNode[] nodes) => nodes.Length <= 1
        ? [nodes]
        : nodes.SelectMany((first, i) => Permutations([.. nodes[..i], .. nodes[(i + 1)..]]).Select(rest => (TreeNode[])[first, .. rest]));
}
