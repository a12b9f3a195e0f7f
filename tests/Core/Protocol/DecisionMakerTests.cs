using AtomGrains.Core.Lanes;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using static AtomGrains.Core.Tests.Protocol.ReplicaBench;

namespace AtomGrains.Core.Tests.Protocol;

public class DecisionMakerTests
{
    [Fact]
    public void SameSealsGiveTheSameBitsInAnyOrder()
    {
        var layout = new PartitionLayout(12, 4, 3);
        var seals = Enumerable.Range(0, 3).Select(i => Seal(i, 0.1 * (i + 1), i == 0 ? 2.5 : 0)).ToList();
        var decision = DecisionMaker.Decide(Spec, layout, Lineage, 3, Commit(2), seals);
        Assert.Equal(decision, DecisionMaker.Decide(Spec, layout, Lineage, 3, Commit(2), seals.AsEnumerable().Reverse().ToList()));
        Assert.Equal((DecisionKind.Commit, 2.5, 3L, Commit(2).Digest), (decision.Kind, decision.Loss, decision.Step, decision.Previous));
        Assert.Equal(Math.Sqrt(0.1 + 0.2 + (0.1 * 3)), decision.GradientNorm, 1e-15);
        Assert.Equal((4, 0), (decision.OptimizerCount, decision.SkipsInRow));
    }

    [Theory]
    [InlineData(double.NaN, 1)]
    [InlineData(double.PositiveInfinity, 1)]
    [InlineData(1, double.NaN)]
    [InlineData(1, double.NegativeInfinity)]
    public void NormOrLossThatIsNotFiniteSkipsTheStepButNotTheOptimizersCount(double square, double loss)
    {
        var first = DecisionMaker.Decide(Spec, Layout, Lineage, 4, Commit(3), [Seal(0, square, loss)]);
        Assert.Equal((DecisionKind.Skip, 4L, 1, default), (first.Kind, first.OptimizerCount, first.SkipsInRow, first.Scalars));
        var second = DecisionMaker.Decide(Spec, Layout, Lineage, 5, first, [Seal(0, square, loss)]);
        Assert.Equal((4L, 2), (second.OptimizerCount, second.SkipsInRow));
        var third = DecisionMaker.Decide(Spec, Layout, Lineage, 6, second, [Seal(0, 1, 1)]);
        Assert.Equal((DecisionKind.Commit, 5L, 0), (third.Kind, third.OptimizerCount, third.SkipsInRow));
    }

    [Theory]
    [InlineData(0.25, 1)]
    [InlineData(1, 1)]
    [InlineData(16, 0.25)]
    public void GradientIsClippedToTheGlobalNorm(double square, float scale) =>
        Assert.Equal(scale, DecisionMaker.Decide(Spec, Layout, Lineage, 0, null, [Seal(0, square, 1)]).Scalars.ClipScale, 1e-6f);

    [Fact]
    public void ClipOfZeroTurnsClippingOff()
    {
        var spec = Spec with { Optimizer = Spec.Optimizer with { Clip = 0 } };
        Assert.Equal(1, DecisionMaker.Decide(spec, Layout, Lineage, 0, null, [Seal(0, 1e6, 1)]).Scalars.ClipScale);
    }

    [Fact]
    public void FirstStepsBiasCorrectionsAreThoseOfThePaper()
    {
        var scalars = DecisionMaker.Decide(Spec, Layout, Lineage, 0, null, [Seal(0, 1, 1)]).Scalars;
        Assert.Equal(1 / (1 - 0.9), scalars.FirstCorrection, 1e-4);
        Assert.Equal(1 / (1 - 0.99), scalars.SecondCorrection, 1e-3);
    }

    [Fact]
    public void EveryFieldOfADecisionIsInItsDigest()
    {
        var decision = Commit(3);
        Decision[] others =
        [
            decision, decision with { Step = 4 }, decision with { Lineage = new(new(9)) }, decision with { Kind = DecisionKind.Skip }, decision with { Loss = 2 },
            decision with { GradientNorm = 2 }, decision with { OptimizerCount = 9 }, decision with { SkipsInRow = 1 }, decision with { Previous = new(5) },
            decision with { Scalars = decision.Scalars with { LearningRate = 0.2f } }, decision with { Scalars = decision.Scalars with { ClipScale = 0.2f } },
            decision with { Scalars = decision.Scalars with { FirstCorrection = 0.2f } }, decision with { Scalars = decision.Scalars with { SecondCorrection = 0.2f } },
        ];
        Assert.Equal(others.Length, others.Select(other => other.Digest).Distinct().Count());
    }

    [Fact]
    public void DigestDoesNotDependOnWhichNaNItIs()
    {
        var positive = BitConverter.UInt64BitsToDouble(0x7FF8000000000123);
        Assert.Equal((Commit(1) with { GradientNorm = double.NaN, Loss = double.NaN }).Digest, (Commit(1) with { GradientNorm = positive, Loss = positive }).Digest);
    }

    private static PartitionSeal Seal(int partition, double square, double loss) =>
        new(new PartitionId(partition), 0, default, [new(TreeNode.Leaf(partition), square)], loss);
}
