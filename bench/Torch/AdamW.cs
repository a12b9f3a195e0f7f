using AtomGrains.Core.Parameters;
using AtomGrains.Core.Runs;

namespace AtomGrains.Torch.Bench;

/// <summary>AdamW, as PyTorch defines it, in the plainest form: the yardstick for the runtime's own.</summary>
public sealed class AdamW(ParameterLayout layout, OptimizerSpec spec)
{
    private readonly float[] _first = new float[layout.Elements];
    private readonly float[] _second = new float[layout.Elements];

    /// <summary>Linear warm-up, then a cosine down to the minimum, as in nanoGPT.</summary>
    public static double LearningRate(OptimizerSpec spec, long step)
    {
        if (step < spec.WarmupSteps)
        {
            return spec.LearningRate * (step + 1) / (spec.WarmupSteps + 1);
        }

        var progress = Math.Min(1, (double)(step - spec.WarmupSteps) / Math.Max(1, spec.DecaySteps - spec.WarmupSteps));
        return spec.MinimumLearningRate + (0.5 * (1 + Math.Cos(Math.PI * progress)) * (spec.LearningRate - spec.MinimumLearningRate));
    }

    /// <summary>One update of <paramref name="parameters"/>; the gradient is clipped first.</summary>
    public void Step(long step, Span<float> parameters, ReadOnlySpan<float> gradient)
    {
        var norm = Norm(gradient);
        var scale = spec.Clip > 0 && norm > spec.Clip ? spec.Clip / (norm + 1e-6) : 1;
        var rate = LearningRate(spec, step);
        var firstCorrection = 1 - Math.Pow(spec.Beta1, step + 1);
        var secondCorrection = Math.Sqrt(1 - Math.Pow(spec.Beta2, step + 1));
        foreach (var entry in layout.Entries)
        {
            var decay = entry.Decay ? 1 - (rate * spec.WeightDecay) : 1;
            for (var k = entry.ElementOffset; k < entry.ElementOffset + entry.Elements; k++)
            {
                var g = gradient[k] * scale;
                _first[k] = (float)((spec.Beta1 * _first[k]) + ((1 - spec.Beta1) * g));
                _second[k] = (float)((spec.Beta2 * _second[k]) + ((1 - spec.Beta2) * g * g));
                var change = _first[k] / firstCorrection / ((Math.Sqrt(_second[k]) / secondCorrection) + spec.Epsilon);
                parameters[k] = (float)((parameters[k] * decay) - (rate * change));
            }
        }
    }

    private static double Norm(ReadOnlySpan<float> values)
    {
        var sum = 0.0;
        foreach (var value in values)
        {
            sum += (double)value * value;
        }

        return Math.Sqrt(sum);
    }
}
