using System.Numerics;
using System.Runtime.InteropServices;

namespace AtomGrains.Core.Parameters;

/// <summary>Elementwise float32 operations. One element never influences another, so the vector width does not show.</summary>
public static class VectorMath
{
    /// <summary>target[i] += source[i].</summary>
    public static void Add(Span<float> target, ReadOnlySpan<float> source)
    {
        if (target.Length != source.Length)
        {
            throw new ArgumentException($"lengths differ: {target.Length} and {source.Length}", nameof(source));
        }

        var targets = MemoryMarshal.Cast<float, Vector<float>>(target);
        var sources = MemoryMarshal.Cast<float, Vector<float>>(source);
        for (var i = 0; i < targets.Length; i++)
        {
            targets[i] += sources[i];
        }

        for (var i = targets.Length * Vector<float>.Count; i < target.Length; i++)
        {
            target[i] += source[i];
        }
    }

    /// <summary>Whether no element is infinite or NaN.</summary>
    public static bool IsFinite(ReadOnlySpan<float> values)
    {
        // x − x is 0 for what is finite and NaN for what is not, and nothing that a NaN is added to is 0 again.
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(values);
        var sums = Vector<float>.Zero;
        foreach (var vector in vectors)
        {
            sums += vector - vector;
        }

        var sum = Vector.Sum(sums);
        foreach (var value in values[(vectors.Length * Vector<float>.Count)..])
        {
            sum += value - value;
        }

        return sum == 0;
    }

    /// <summary>target[i] *= factor.</summary>
    public static void Scale(Span<float> target, float factor)
    {
        var targets = MemoryMarshal.Cast<float, Vector<float>>(target);
        for (var i = 0; i < targets.Length; i++)
        {
            targets[i] *= factor;
        }

        for (var i = targets.Length * Vector<float>.Count; i < target.Length; i++)
        {
            target[i] *= factor;
        }
    }
}
