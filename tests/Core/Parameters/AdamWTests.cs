using AtomGrains.Core.Parameters;
using AtomGrains.Core.Runs;

namespace AtomGrains.Core.Tests.Parameters;

public class AdamWTests
{
    private static readonly OptimizerSpec Spec = new();
    private static readonly UpdateScalars Scalars = new(1e-3f, 0.37f, 1.25f, 4.5f);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void EveryElementHasTheBitsOfTheScalarReferenceAtEveryLength(bool decay)
    {
        for (var length = 0; length < 70; length++)
        {
            var state = State.Random(length);
            var expected = state.Copy();
            new AdamW(Spec).Update(Scalars, decay, state.Gradient, state.Parameters, state.First, state.Second);
            Reference(expected, decay);
            expected.AssertSameBits(state);
        }
    }

    [Fact]
    public void ElementsResultDoesNotDependOnItsPlace()
    {
        var state = State.Random(64);
        var whole = state.Copy();
        new AdamW(Spec).Update(Scalars, true, whole.Gradient, whole.Parameters, whole.First, whole.Second);
        for (var i = 0; i < 64; i++)
        {
            var one = (P: state.Parameters[i..(i + 1)], M: state.First[i..(i + 1)], V: state.Second[i..(i + 1)]);
            new AdamW(Spec).Update(Scalars, true, state.Gradient.AsSpan(i, 1), one.P, one.M, one.V);
            Assert.Equal((whole.Parameters[i], whole.First[i], whole.Second[i]), (one.P[0], one.M[0], one.V[0]));
        }
    }

    [Fact]
    public void ThreeStepsAgreeWithTheFormulaOfThePaperInDouble()
    {
        var spec = new OptimizerSpec { LearningRate = 1e-2, WeightDecay = 0.1 };
        float[] parameters = [0.5f, -2f], first = [0, 0], second = [0, 0];
        double[] p = [0.5, -2], m = [0, 0], v = [0, 0];
        for (var t = 1; t <= 3; t++)
        {
            float[] gradient = [0.1f * t, -3f / t];
            var scalars = new UpdateScalars(1e-2f, 1, (float)(1 / (1 - Math.Pow(0.9, t))), (float)(1 / (1 - Math.Pow(0.99, t))));
            new AdamW(spec).Update(scalars, true, gradient, parameters, first, second);
            for (var i = 0; i < 2; i++)
            {
                m[i] = (0.9 * m[i]) + (0.1 * gradient[i]);
                v[i] = (0.99 * v[i]) + (0.01 * gradient[i] * gradient[i]);
                p[i] -= 1e-2 * 0.1 * p[i];
                p[i] -= 1e-2 * (m[i] / (1 - Math.Pow(0.9, t))) / (Math.Sqrt(v[i] / (1 - Math.Pow(0.99, t))) + 1e-8);
                Assert.Equal(p[i], parameters[i], 1e-6);
            }
        }
    }

    [Fact]
    public void WithoutDecayAnElementWithoutGradientKeepsItsBits()
    {
        float[] parameters = [1.2345f], first = [0], second = [0];
        new AdamW(Spec).Update(Scalars, false, [0f], parameters, first, second);
        Assert.Equal(1.2345f, parameters[0]);
        new AdamW(Spec).Update(Scalars, true, [0f], parameters, first, second);
        Assert.True(parameters[0] < 1.2345f);
    }

    // One operation a statement, so that nothing can be contracted.
    private static void Reference(State s, bool decay)
    {
        float beta1 = (float)Spec.Beta1, beta2 = (float)Spec.Beta2, epsilon = (float)Spec.Epsilon;
        var keep = decay ? 1f - (Scalars.LearningRate * (float)Spec.WeightDecay) : 1f;
        for (var i = 0; i < s.Gradient.Length; i++)
        {
            var g = s.Gradient[i] * Scalars.ClipScale;
            var m1 = s.First[i] * beta1;
            var m2 = g * (1f - beta1);
            s.First[i] = m1 + m2;
            var v1 = s.Second[i] * beta2;
            var v2 = g * g;
            v2 *= 1f - beta2;
            s.Second[i] = v1 + v2;
            var corrected = s.Second[i] * Scalars.SecondCorrection;
            var denominator = MathF.Sqrt(corrected);
            denominator += epsilon;
            var kept = s.Parameters[i] * keep;
            var update = s.First[i] * Scalars.FirstCorrection;
            update *= Scalars.LearningRate;
            update /= denominator;
            s.Parameters[i] = kept - update;
        }
    }

    private sealed record State(float[] Gradient, float[] Parameters, float[] First, float[] Second)
    {
        public static State Random(int length) => new(
            Samples.Floats(length, 1), Samples.Floats(length, 2), Samples.Floats(length, 3), [.. Samples.Floats(length, 4).Select(MathF.Abs)]);

        public State Copy() => new([.. Gradient], [.. Parameters], [.. First], [.. Second]);

        public void AssertSameBits(State other)
        {
            Assert.Equal(Parameters.Select(BitConverter.SingleToInt32Bits), other.Parameters.Select(BitConverter.SingleToInt32Bits));
            Assert.Equal(First.Select(BitConverter.SingleToInt32Bits), other.First.Select(BitConverter.SingleToInt32Bits));
            Assert.Equal(Second.Select(BitConverter.SingleToInt32Bits), other.Second.Select(BitConverter.SingleToInt32Bits));
        }
    }
}
