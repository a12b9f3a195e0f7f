using AtomGrains.Core.Lanes;
using AtomGrains.Core.Parameters;

namespace AtomGrains.Core.Tests.Lanes;

public class LaneAccumulatorTests
{
    private const int Lanes = 8;

    [Fact]
    public void EverySetOfLanesInEveryRotationFinishesItsMaximalSubtreesWithTheTreesBits()
    {
        for (var set = 1; set < 256; set++)
        {
            var owned = LaneTreeTests.Members(set, Lanes).Order().ToArray();
            for (var turn = 0; turn < owned.Length; turn++)
            {
                var lanes = new LaneAccumulator(Lanes, new FloatPool());
                lanes.Target(owned);
                var finished = owned.Skip(turn).Concat(owned.Take(turn)).Select(lane => Add(lanes, lane)).OfType<LanePartial>().ToList();
                Assert.Equal(LaneTree.MaximalSubtrees(owned.ToHashSet(), Lanes), finished.Select(partial => partial.Node).Order());
                Assert.All(finished, IsTheTreesSum);
            }
        }
    }

    [Fact]
    public void LanesThatBecomeOursLaterAreMergedWithThoseThatAreOpen()
    {
        for (var before = 1; before < 256; before++)
        {
            for (var after = 1; after < 256; after += 7)
            {
                var lanes = new LaneAccumulator(Lanes, new FloatPool());
                var owned = LaneTreeTests.Members(before, Lanes);
                lanes.Target(owned);
                foreach (var lane in owned.Order().Take(owned.Count / 2))
                {
                    Add(lanes, lane);
                }

                var next = LaneTreeTests.Members(after, Lanes);
                Assert.All(lanes.Target(next), IsTheTreesSum);
                foreach (var lane in next.Where(lane => !lanes.Holds(lane)).Order())
                {
                    Add(lanes, lane);
                }

                // Whatever is owned now, and whatever was computed, is in exactly one finished partial.
                Assert.All(lanes.Finished.Values, IsTheTreesSum);
                Assert.All(next, lane => Assert.Single(lanes.Finished.Keys, node => node.CoversLane(lane)));
            }
        }
    }

    [Fact]
    public void LanesThatStayAloneAreFinishedAsLeavesAndTheOthersAroundThem()
    {
        for (var alone = 0; alone < 256; alone++)
        {
            var single = LaneTreeTests.Members(alone, Lanes);
            var lanes = new LaneAccumulator(Lanes, new FloatPool());
            lanes.Target(Enumerable.Range(0, Lanes), single.Contains);
            var finished = Enumerable.Range(0, Lanes).Select(lane => Add(lanes, lane)).OfType<LanePartial>().ToList();
            Assert.Equal(
                LaneTree.MaximalSubtrees(Enumerable.Range(0, Lanes).Except(single).ToHashSet(), Lanes).Concat(single.Select(TreeNode.Leaf)).Order(),
                finished.Select(partial => partial.Node).Order());
            Assert.All(finished, IsTheTreesSum);
        }
    }

    [Fact]
    public void LaneThatIsHeldAlreadyIsNotAddedTwice()
    {
        var lanes = new LaneAccumulator(Lanes, new FloatPool());
        lanes.Target([0, 1]);
        Add(lanes, 0);
        Assert.Null(Add(lanes, 0));
        Assert.NotNull(Add(lanes, 1));
        IsTheTreesSum(Assert.Single(lanes.Finished.Values));
    }

    [Fact]
    public void OwnedSetThatShrinksFinishesWhatIsThere()
    {
        var lanes = new LaneAccumulator(Lanes, new FloatPool());
        lanes.Target([0, 1]);
        Assert.Null(Add(lanes, 0));
        var finished = Assert.Single(lanes.Target([]));
        Assert.Equal(TreeNode.Leaf(0), finished.Node);
    }

    [Fact]
    public void HeldBuffersGrowWithTheLogarithmOfTheLanes()
    {
        var pool = new FloatPool();
        var buffers = new HashSet<float[]>(ReferenceEqualityComparer.Instance);
        var lanes = new LaneAccumulator(64, pool);
        lanes.Target(Enumerable.Range(0, 64));
        for (var lane = 0; lane < 64; lane++)
        {
            var gradient = pool.Rent(LaneGradients.Elements);
            buffers.Add(gradient);
            lanes.Add(lane, gradient, 0, [Range.All], (_, _) => { });
        }

        Assert.Equal(7, buffers.Count);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void ALaneWithAnElementThatIsNotFiniteIsNamedOnceWhateverItIsSummedWith(float bad)
    {
        for (var owned = 1; owned < 256; owned++)
        {
            var members = LaneTreeTests.Members(owned, Lanes);
            foreach (var (wrong, element) in members.SelectMany(lane => new[] { (lane, 0), (lane, LaneGradients.Elements - 1) }))
            {
                var lanes = new LaneAccumulator(Lanes, new FloatPool());
                lanes.Target(members);
                foreach (var lane in members)
                {
                    var gradient = LaneGradients.Of(lane);
                    gradient[element] = lane == wrong ? bad : gradient[element];
                    lanes.Add(lane, gradient, 0, [Range.StartAt(1), Range.EndAt(1)], (_, _) => { });
                }

                Assert.Equal([wrong], lanes.TakeNotFinite());
                Assert.Empty(lanes.TakeNotFinite());
            }
        }
    }

    [Fact]
    public void ALaneThatIsNotFiniteIsNamedWhenItIsFinishedAloneAfterAll()
    {
        var lanes = new LaneAccumulator(Lanes, new FloatPool());
        lanes.Target([0, 1]);
        var gradient = LaneGradients.Of(0);
        gradient[0] = float.NaN;
        lanes.Add(0, gradient, 0, [Range.All], (_, _) => { });
        Assert.Single(lanes.Target([]));
        Assert.Equal([0], lanes.TakeNotFinite());
    }

    [Fact]
    public void ALaneWithALossThatIsNotFiniteIsNamed()
    {
        var lanes = new LaneAccumulator(Lanes, new FloatPool());
        lanes.Target([3]);
        lanes.Add(3, LaneGradients.Of(3), double.NaN, [Range.All], (_, _) => { });
        Assert.Equal([3], lanes.TakeNotFinite());
    }

    [Fact]
    public void ASumThatOverflowsNamesNobody()
    {
        var lanes = new LaneAccumulator(Lanes, new FloatPool());
        lanes.Target([0, 1]);
        foreach (var lane in new[] { 0, 1 })
        {
            var gradient = LaneGradients.Of(lane);
            gradient[0] = float.MaxValue;
            lanes.Add(lane, gradient, 0, [Range.All], (_, _) => { });
        }

        Assert.Equal(float.PositiveInfinity, Assert.Single(lanes.Finished.Values).Sum[0]);
        Assert.Empty(lanes.TakeNotFinite());
    }

    // Every piece has to be summed by the time it is told of.
    private static LanePartial? Add(LaneAccumulator lanes, int lane)
    {
        var pieces = new[] { Range.StartAt(1), Range.EndAt(1) };
        var told = new List<(LanePartial Partial, Range Piece)>();
        lanes.Add(lane, LaneGradients.Of(lane), LaneGradients.LossOf(lane), pieces, (partial, piece) =>
        {
            told.Add((partial, piece));
            Assert.Equal(Bits(LaneGradients.Below(partial.Node).Sum[piece]), Bits(partial.Sum[piece]));
        });
        Assert.Equal(told.Count == 0 ? [] : pieces, told.Select(one => one.Piece));
        return told.Select(one => one.Partial).Distinct().SingleOrDefault();
    }

    private static void IsTheTreesSum(LanePartial partial)
    {
        var (sum, loss) = LaneGradients.Below(partial.Node);
        Assert.Equal(Bits(sum), Bits(partial.Sum));
        Assert.Equal(loss, partial.Loss);
    }

    private static IEnumerable<int> Bits(float[] values) => values.Select(BitConverter.SingleToInt32Bits);
}
