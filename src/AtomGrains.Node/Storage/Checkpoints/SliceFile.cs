using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace AtomGrains.Node.Storage.Checkpoints;

/// <summary>
/// The bytes of a slice: 8 of magic, the header's length as little-endian uint32, the header as JSON padded with spaces to
/// a multiple of 64 from the start, then little-endian float32: values, first moment, second moment, and the reduced slice
/// where the header says so, [Elements] each.
/// </summary>
public static class SliceFile
{
    private const int Alignment = 64;

    // A header is some hundred bytes; more is no header of ours.
    private const int LongestHeader = 1 << 16;

    private static ReadOnlySpan<byte> Magic => "ATOMSLC1"u8;

    /// <summary>Bytes of magic and length, before the header.</summary>
    public const int PrefixBytes = 12;

    /// <summary>Everything before the numbers.</summary>
    public static byte[] Head(SliceHeader header)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(header, CheckpointJson.Default.SliceHeader);
        var bytes = new byte[(PrefixBytes + json.Length + Alignment - 1) / Alignment * Alignment];
        bytes.AsSpan().Fill((byte)' ');
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(Magic.Length), (uint)(bytes.Length - PrefixBytes));
        json.CopyTo(bytes, PrefixBytes);
        return bytes;
    }

    /// <summary>Length of the header behind the prefix.</summary>
    /// <exception cref="InvalidDataException">It is no slice.</exception>
    public static int HeaderBytes(ReadOnlySpan<byte> prefix)
    {
        var length = BinaryPrimitives.ReadUInt32LittleEndian(prefix[Magic.Length..]);
        return prefix.StartsWith(Magic) && length is > 0 and <= LongestHeader ? (int)length : throw new InvalidDataException("it is no slice");
    }

    /// <exception cref="InvalidDataException">It is no header that this version can read.</exception>
    public static SliceHeader Header(ReadOnlySpan<byte> json)
    {
        try
        {
            var header = JsonSerializer.Deserialize(json, CheckpointJson.Default.SliceHeader);
            return header?.Format == SliceHeader.CurrentFormat
                ? header
                : throw new InvalidDataException($"it has format {header?.Format}; this version reads {SliceHeader.CurrentFormat}");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"its header is broken: {error.Message}", error);
        }
    }

    /// <summary>Bytes of a whole slice with this head.</summary>
    public static long Length(SliceHeader header, int headBytes) =>
        headBytes + ((header.ReducedLoss is null ? 3L : 4L) * header.Elements * sizeof(float));

    /// <summary>Copies numbers as the bytes of a slice: little-endian, whatever the machine.</summary>
    public static void Copy(ReadOnlySpan<float> numbers, Span<byte> bytes)
    {
        MemoryMarshal.AsBytes(numbers).CopyTo(bytes);
        SwapIfBigEndian(bytes);
    }

    /// <summary>The inverse of <see cref="Copy(ReadOnlySpan{float}, Span{byte})"/>; <paramref name="bytes"/> end at a number's bound.</summary>
    public static void Copy(ReadOnlySpan<byte> bytes, Span<float> numbers)
    {
        bytes.CopyTo(MemoryMarshal.AsBytes(numbers));
        SwapIfBigEndian(MemoryMarshal.AsBytes(numbers));
    }

    private static void SwapIfBigEndian(Span<byte> bytes)
    {
        if (!BitConverter.IsLittleEndian)
        {
            var words = MemoryMarshal.Cast<byte, uint>(bytes);
            BinaryPrimitives.ReverseEndianness(words, words);
        }
    }
}
