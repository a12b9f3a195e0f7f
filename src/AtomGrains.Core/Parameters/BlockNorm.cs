using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace AtomGrains.Core.Parameters;

/// <summary>
/// Sum of squares of one block, in double, over 16 fixed accumulators (element i goes to accumulator i mod 16),
/// which are then added as a tree. So the result is a function of the block alone, not of the vector width.
/// </summary>
public static class BlockNorm
{
    private const int Accumulators = 16;

    /// <summary>Not finite exactly when an element is not finite: a square of a float32 cannot overflow a double.</summary>
    public static double SumOfSquares(ReadOnlySpan<float> block)
    {
        Span<double> sums = stackalloc double[Accumulators];
        var whole = block.Length / Accumulators * Accumulators;
        Accumulate(block[..whole], sums);
        for (var i = whole; i < block.Length; i++)
        {
            sums[i - whole] += (double)block[i] * block[i];
        }

        for (var width = Accumulators / 2; width > 0; width /= 2)
        {
            for (var i = 0; i < width; i++)
            {
                sums[i] = sums[2 * i] + sums[(2 * i) + 1];
            }
        }

        return sums[0];
    }

    // Compiled where it runs: ahead of time there are no vectors of 256 bits.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Accumulate(ReadOnlySpan<float> elements, Span<double> sums)
    {
        var sum0 = Vector256<double>.Zero;
        var sum1 = Vector256<double>.Zero;
        var sum2 = Vector256<double>.Zero;
        var sum3 = Vector256<double>.Zero;
        var vectors = MemoryMarshal.Cast<float, Vector256<float>>(elements);
        for (var i = 0; i + 1 < vectors.Length; i += 2)
        {
            var (low, high) = Vector256.Widen(vectors[i]);
            sum0 += low * low;
            sum1 += high * high;
            (low, high) = Vector256.Widen(vectors[i + 1]);
            sum2 += low * low;
            sum3 += high * high;
        }

        sum0.CopyTo(sums);
        sum1.CopyTo(sums[4..]);
        sum2.CopyTo(sums[8..]);
        sum3.CopyTo(sums[12..]);
    }
}
