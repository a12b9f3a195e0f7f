using System.Buffers.Binary;

namespace AtomGrains.Node.Transport;

/// <summary>
/// One frame, little-endian: magic u32, version u16, zero u16, header bytes u32, payload bytes u64,
/// CRC-32C u32 of all before it and of the header; then the header, then the payload (float32).
/// The checksum covers what decides how the stream is read, so a slip is found before the payload is believed.
/// </summary>
internal static class FrameFormat
{
    public const int PrefixBytes = 24;
    public const int HeaderLimitBytes = 64 * 1024;

    /// <summary>What one span of bytes can address, in whole floats.</summary>
    public const long PayloadLimitBytes = int.MaxValue - 3;

    private const uint Magic = 0x46_54_47_41; // "AGTF"
    private const ushort Version = 1;
    private const int ChecksumOffset = 20;

    /// <summary>Writes prefix and header into the start of <paramref name="target"/>; returns their length.</summary>
    public static int WriteHead(Span<byte> target, ReadOnlySpan<byte> header, long payloadBytes)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(target, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(target[4..], Version);
        BinaryPrimitives.WriteUInt16LittleEndian(target[6..], 0);
        BinaryPrimitives.WriteInt32LittleEndian(target[8..], header.Length);
        BinaryPrimitives.WriteInt64LittleEndian(target[12..], payloadBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(target[ChecksumOffset..], Crc32C.Compute(target[..ChecksumOffset], header));
        header.CopyTo(target[PrefixBytes..]);
        return PrefixBytes + header.Length;
    }

    /// <summary>Reads a prefix; null when the lengths may be believed as far as the limits go, else why not.</summary>
    public static CloseReason? ReadPrefix(ReadOnlySpan<byte> prefix, TransportOptions limits, out int headerBytes, out int elements)
    {
        headerBytes = 0;
        elements = 0;
        if (BinaryPrimitives.ReadUInt32LittleEndian(prefix) != Magic
            || BinaryPrimitives.ReadUInt16LittleEndian(prefix[4..]) != Version
            || BinaryPrimitives.ReadUInt16LittleEndian(prefix[6..]) != 0)
        {
            return CloseReason.BadMagic;
        }

        var header = BinaryPrimitives.ReadUInt32LittleEndian(prefix[8..]);
        var payload = BinaryPrimitives.ReadUInt64LittleEndian(prefix[12..]);
        if (header > (uint)limits.MaxHeaderBytes)
        {
            return CloseReason.HeaderTooLarge;
        }

        if (payload > (ulong)limits.MaxPayloadBytes)
        {
            return CloseReason.PayloadTooLarge;
        }

        if (payload % sizeof(float) != 0)
        {
            return CloseReason.PayloadNotWholeFloats;
        }

        headerBytes = (int)header;
        elements = (int)(payload / sizeof(float));
        return null;
    }

    public static bool ChecksumMatches(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> header) =>
        BinaryPrimitives.ReadUInt32LittleEndian(prefix[ChecksumOffset..]) == Crc32C.Compute(prefix[..ChecksumOffset], header);
}
