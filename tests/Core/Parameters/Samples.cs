using AtomGrains.Core.Parameters;

namespace AtomGrains.Core.Tests.Parameters;

/// <summary>Float32 values of both signs and many magnitudes, the same at every call.</summary>
internal static class Samples
{
    public static float[] Floats(int count, int seed) => [.. Enumerable.Range(0, count).Select(i => Float(Bits.Mix((ulong)seed, (ulong)i)))];

    private static float Float(ulong bits)
    {
        var unit = (bits >> 40) / (float)(1 << 24);
        return (unit - 0.5f) * MathF.Pow(10, (int)(bits % 9) - 4);
    }
}
