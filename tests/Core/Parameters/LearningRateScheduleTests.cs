using AtomGrains.Core.Parameters;
using AtomGrains.Core.Runs;

namespace AtomGrains.Core.Tests.Parameters;

public class LearningRateScheduleTests
{
    private static readonly OptimizerSpec Spec = new() { LearningRate = 1e-3, MinimumLearningRate = 1e-4, WarmupSteps = 100, DecaySteps = 2000 };

    [Fact]
    public void CosineAgreesWithTheLibrarysToOneInTheFifteenthPlace()
    {
        for (var i = 0; i <= 100_000; i++)
        {
            var x = i / 100_000.0;
            Assert.InRange(LearningRateSchedule.CosineOfPi(x) - Math.Cos(Math.PI * x), -1e-15, 1e-15);
        }
    }

    [Fact]
    public void RateRisesDuringWarmUpAndFallsAfterItWithinItsBounds()
    {
        for (long step = 1; step < 2100; step++)
        {
            var (before, now) = (LearningRateSchedule.At(step - 1, Spec), LearningRateSchedule.At(step, Spec));
            Assert.InRange(now, 0, Spec.LearningRate);
            if (step <= Spec.WarmupSteps)
            {
                Assert.True(now > before, $"step {step}");
            }
            else
            {
                Assert.InRange(now, Spec.MinimumLearningRate, before);
            }
        }
    }

    [Fact]
    public void RateIsTheNamedOneAtTheCorners()
    {
        Assert.Equal(1e-3 / 101, LearningRateSchedule.At(0, Spec));
        Assert.Equal(1e-3, LearningRateSchedule.At(100, Spec));
        Assert.Equal((1e-3 + 1e-4) / 2, LearningRateSchedule.At(1050, Spec), 1e-15);
        Assert.Equal(1e-4, LearningRateSchedule.At(2000, Spec));
        Assert.Equal(1e-4, LearningRateSchedule.At(1_000_000, Spec));
    }

    [Fact]
    public void DecayThatEndsBeforeWarmUpIsTheMinimum()
    {
        var spec = Spec with { DecaySteps = 50 };
        Assert.Equal(1e-4, LearningRateSchedule.At(100, spec));
    }

    [Fact]
    public void PowerMultipliesOnlyAndAgreesWithTheLibrarys()
    {
        Assert.Equal(1, LearningRateSchedule.Power(0.9, 0));
        for (var n = 1; n < 3000; n += 7)
        {
            var expected = Math.Pow(0.99, n);
            Assert.Equal(expected, LearningRateSchedule.Power(0.99, n), expected * 1e-12);
        }
    }
}
