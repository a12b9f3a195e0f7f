using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace AtomGrains.Node.Workers;

/// <summary>Tokens as a frame's payload: two little-endian uint16 in the place of each float, the last place padded with 0.</summary>
internal static class TokenPayload
{
    private const int InAFloat = sizeof(float) / sizeof(ushort);

    public static float[] Of(ReadOnlySpan<ushort> tokens)
    {
        var payload = new float[(tokens.Length + InAFloat - 1) / InAFloat];
        var places = MemoryMarshal.Cast<float, ushort>(payload.AsSpan());
        tokens.CopyTo(places);
        Swap(places);
        return payload;
    }

    /// <returns>A copy; null when the payload has not so many.</returns>
    public static ushort[]? Read(ReadOnlySpan<float> payload, int count)
    {
        if (count < 0 || payload.Length != (count + InAFloat - 1) / InAFloat)
        {
            return null;
        }

        var tokens = MemoryMarshal.Cast<float, ushort>(payload)[..count].ToArray();
        Swap(tokens);
        return tokens;
    }

    private static void Swap(Span<ushort> tokens)
    {
        if (!BitConverter.IsLittleEndian)
        {
            BinaryPrimitives.ReverseEndianness(tokens, tokens);
        }
    }
}
