using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace AtomGrains.Core.Parameters;

/// <summary>
/// A 64-bit fingerprint of float32 bits, for comparing replicas: four interleaved CRC-32C streams, mixed.
/// It finds accidents, not forgeries.
/// </summary>
public readonly record struct SliceDigest(ulong Value)
{
    // Compiled where it runs: ahead of time each CRC would be a call.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static SliceDigest Of(ReadOnlySpan<float> slice)
    {
        var words = MemoryMarshal.Cast<float, ulong>(slice);
        uint a = 0x9E3779B9, b = 0x7F4A7C15, c = 0xF39CC060, d = 0x5CEDC834;
        var i = 0;
        for (; i + 3 < words.Length; i += 4)
        {
            a = BitOperations.Crc32C(a, words[i]);
            b = BitOperations.Crc32C(b, words[i + 1]);
            c = BitOperations.Crc32C(c, words[i + 2]);
            d = BitOperations.Crc32C(d, words[i + 3]);
        }

        for (; i < words.Length; i++)
        {
            a = BitOperations.Crc32C(a, words[i]);
        }

        if ((slice.Length & 1) == 1)
        {
            b = BitOperations.Crc32C(b, BitConverter.SingleToUInt32Bits(slice[^1]));
        }

        return new SliceDigest(Bits.Mix(((ulong)a << 32) | b, ((ulong)c << 32) | d, (ulong)slice.Length));
    }

    public override string ToString() => Value.ToString("x16");
}
