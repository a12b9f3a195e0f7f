using AtomGrains.Core.Runs;

namespace AtomGrains.Core.Parameters;

/// <summary>
/// Linear warm-up, then a cosine to the minimum, as nanoGPT's. Only + − × ÷ are used, so that every machine's
/// result has the same bits; library cosines differ in the last place.
/// </summary>
public static class LearningRateSchedule
{
    public static double At(long step, OptimizerSpec spec)
    {
        if (step < spec.WarmupSteps)
        {
            return spec.LearningRate * (step + 1) / (spec.WarmupSteps + 1);
        }

        if (step >= spec.DecaySteps)
        {
            return spec.MinimumLearningRate;
        }

        var progress = (double)(step - spec.WarmupSteps) / (spec.DecaySteps - spec.WarmupSteps);
        var coefficient = 0.5 * (1 + CosineOfPi(progress));
        return spec.MinimumLearningRate + (coefficient * (spec.LearningRate - spec.MinimumLearningRate));
    }

    /// <summary>x^n by squaring, for n ≥ 0.</summary>
    public static double Power(double x, long n)
    {
        var result = 1.0;
        for (; n > 0; n >>= 1)
        {
            if ((n & 1) == 1)
            {
                result *= x;
            }

            x *= x;
        }

        return result;
    }

    /// <summary>cos(π·x) for x from 0 to 1, by the Taylor series on 0 to π/2 (error below 1e-15).</summary>
    public static double CosineOfPi(double x)
    {
        if (x > 0.5)
        {
            return -CosineOfPi(1 - x);
        }

        var square = Math.PI * x * (Math.PI * x);
        var sum = 0.0;
        for (var k = 22; k >= 2; k -= 2)
        {
            sum = (1 + sum) * -square / (k * (k - 1));
        }

        return 1 + sum;
    }
}
