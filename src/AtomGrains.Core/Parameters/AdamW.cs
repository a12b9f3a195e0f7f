using System.Numerics;
using System.Runtime.InteropServices;
using AtomGrains.Core.Runs;

namespace AtomGrains.Core.Parameters;

/// <summary>
/// AdamW (Loshchilov and Hutter, arXiv 1711.05101), one element at a time: the same instructions for each element,
/// whatever the vector width, and no fused multiply-add. The scalars come with the decision, as bits.
/// </summary>
public sealed class AdamW(OptimizerSpec spec)
{
    private readonly float _beta1 = (float)spec.Beta1;
    private readonly float _beta2 = (float)spec.Beta2;
    private readonly float _epsilon = (float)spec.Epsilon;
    private readonly float _weightDecay = (float)spec.WeightDecay;

    /// <summary>
    /// Updates parameters and moments in place. All spans have one length; decay applies to all of them or none.
    /// </summary>
    public void Update(in UpdateScalars scalars, bool decay, ReadOnlySpan<float> gradient, Span<float> parameters, Span<float> first, Span<float> second)
    {
        var keep = decay ? 1f - (scalars.LearningRate * _weightDecay) : 1f;
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(parameters).Length;
        UpdateVectors(scalars, keep, gradient, parameters, first, second);
        var remaining1 = 1f - _beta1;
        var remaining2 = 1f - _beta2;
        for (var i = vectors * Vector<float>.Count; i < parameters.Length; i++)
        {
            var g = gradient[i] * scalars.ClipScale;
            first[i] = (first[i] * _beta1) + (g * remaining1);
            second[i] = (second[i] * _beta2) + (g * g * remaining2);
            var denominator = MathF.Sqrt(second[i] * scalars.SecondCorrection) + _epsilon;
            parameters[i] = (parameters[i] * keep) - (first[i] * scalars.FirstCorrection * scalars.LearningRate / denominator);
        }
    }

    private void UpdateVectors(in UpdateScalars scalars, float keep, ReadOnlySpan<float> gradient, Span<float> parameters, Span<float> first, Span<float> second)
    {
        var gradients = MemoryMarshal.Cast<float, Vector<float>>(gradient);
        var ps = MemoryMarshal.Cast<float, Vector<float>>(parameters);
        var ms = MemoryMarshal.Cast<float, Vector<float>>(first);
        var vs = MemoryMarshal.Cast<float, Vector<float>>(second);
        var epsilon = new Vector<float>(_epsilon);
        var remaining1 = 1f - _beta1;
        var remaining2 = 1f - _beta2;
        for (var i = 0; i < ps.Length; i++)
        {
            var g = gradients[i] * scalars.ClipScale;
            var m = (ms[i] * _beta1) + (g * remaining1);
            var v = (vs[i] * _beta2) + (g * g * remaining2);
            ms[i] = m;
            vs[i] = v;
            var denominator = Vector.SquareRoot(v * scalars.SecondCorrection) + epsilon;
            ps[i] = (ps[i] * keep) - (m * scalars.FirstCorrection * scalars.LearningRate / denominator);
        }
    }
}
