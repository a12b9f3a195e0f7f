using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace AtomGrains.Core.Parameters;

/// <summary>A SHA-256 hash by value: of a block of parameters, of a node above blocks, or of all of them.</summary>
public readonly record struct Sha256(ulong A, ulong B, ulong C, ulong D)
{
    public const int Bytes = 32;

    // RFC 6962, section 2.1: what is hashed begins with another byte for a leaf than for a node, so neither passes for
    // the other.
    private const byte LeafDomain = 0;
    private const byte NodeDomain = 1;

    /// <summary>Of a leaf: the elements' bytes as little-endian float32.</summary>
    public static Sha256 OfBlock(ReadOnlySpan<float> block)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData([LeafDomain]);
        if (BitConverter.IsLittleEndian)
        {
            hash.AppendData(MemoryMarshal.AsBytes(block));
        }
        else
        {
            var swapped = new uint[block.Length];
            BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<float, uint>(block), swapped);
            hash.AppendData(MemoryMarshal.AsBytes<uint>(swapped));
        }

        Span<byte> result = stackalloc byte[Bytes];
        hash.GetHashAndReset(result);
        return Read(result);
    }

    /// <summary>Of a node with two children.</summary>
    public static Sha256 OfNode(Sha256 left, Sha256 right)
    {
        Span<byte> text = stackalloc byte[1 + (2 * Bytes)];
        text[0] = NodeDomain;
        left.Write(text[1..]);
        right.Write(text[(1 + Bytes)..]);
        Span<byte> result = stackalloc byte[Bytes];
        SHA256.HashData(text, result);
        return Read(result);
    }

    /// <param name="bytes">[32], as the hash function gives them.</param>
    public static Sha256 Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt64BigEndian(bytes),
        BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]),
        BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]),
        BinaryPrimitives.ReadUInt64BigEndian(bytes[24..]));

    /// <summary>The inverse of <see cref="Read"/>.</summary>
    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64BigEndian(bytes, A);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], B);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[16..], C);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[24..], D);
    }

    /// <summary>64 hexadecimal digits.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{A:x16}{B:x16}{C:x16}{D:x16}");
}
