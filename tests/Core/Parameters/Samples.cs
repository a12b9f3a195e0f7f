using AtomGrains.Core.Parameters;

namespace AtomGrains.Core.Tests.Parameters;

/// <summary>Float32 values of both signs and many magnitudes, the same at every call.</summary>
internal static class Samples
{
    // Written out: a library's powers differ from machine to machine.
    private static readonly float[] Scales = [1e-4f, 1e-3f, 1e-2f, 1e-1f, 1, 1e1f, 1e2f, 1e3f, 1e4f];

    public static float[] Floats(int count, int seed) => [.. Enumerable.Range(0, count).Select(i => Float(Bits.Mix((ulong)seed, (ulong)i)))];

    private static float Float(ulong bits)
    {
        var unit = (bits >> 40) / (float)(1 << 24);
        return (unit - 0.5f) * Scales[bits % 9];
    }
}
