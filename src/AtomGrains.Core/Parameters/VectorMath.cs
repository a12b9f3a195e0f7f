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
        // Without their signs, the bits of whatever is not finite are the largest. Maxima of integers wait for nothing but
        // memory; a chain of sums would wait for itself.
        const int magnitude = int.MaxValue;
        const int infinity = 0x7f800000;
        var bits = MemoryMarshal.Cast<float, int>(values);
        var vectors = MemoryMarshal.Cast<int, Vector<int>>(bits);
        var largest = Vector<int>.Zero;
        foreach (var vector in vectors)
        {
            largest = Vector.Max(largest, vector & new Vector<int>(magnitude));
        }

        var isFinite = !Vector.GreaterThanOrEqualAny(largest, new Vector<int>(infinity));
        foreach (var element in bits[(vectors.Length * Vector<int>.Count)..])
        {
            isFinite &= (element & magnitude) < infinity;
        }

        return isFinite;
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
