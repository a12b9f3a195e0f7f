using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace AtomGrains.Node.Storage;

/// <summary>
/// <c>weights_sha256</c>: SHA-256 of the parameters as little-endian float32 in flat order, lower-case hex.
/// </summary>
public static class WeightsHash
{
    public static string Of(ReadOnlySpan<float> flat)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        LittleEndian(flat, bytes => hash.AppendData(bytes));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>
    /// Hands over the elements' bytes in little-endian order, in pieces where they have to be swapped.
    /// </summary>
    internal static void LittleEndian(ReadOnlySpan<float> flat, Action<ReadOnlySpan<byte>> sink)
    {
        if (BitConverter.IsLittleEndian)
        {
            // Spans of bytes end at 2 GiB.
            for (; flat.Length > 1 << 24; flat = flat[(1 << 24)..])
            {
                sink(MemoryMarshal.AsBytes(flat[..(1 << 24)]));
            }

            sink(MemoryMarshal.AsBytes(flat));
            return;
        }

        var swapped = new uint[1 << 14];
        for (var start = 0; start < flat.Length; start += swapped.Length)
        {
            var count = Math.Min(swapped.Length, flat.Length - start);
            BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<float, uint>(flat.Slice(start, count)), swapped);
            sink(MemoryMarshal.AsBytes(swapped.AsSpan(0, count)));
        }
    }
}
