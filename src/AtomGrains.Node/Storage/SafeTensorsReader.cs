using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace AtomGrains.Node.Storage;

/// <summary>
/// Reads safetensors files of float32. Nothing in a file is trusted: lengths, names, shapes and offsets are
/// checked before a tensor is allocated, and tensors must cover the data without hole or overlap.
/// </summary>
public static class SafeTensorsReader
{
    internal const string MetadataName = "__metadata__";

    /// <summary>The format's own bound.</summary>
    private const int LargestHeaderBytes = 100_000_000;

    /// <param name="stream">Seekable.</param>
    /// <returns>Tensors in the order of their data, and the metadata.</returns>
    /// <exception cref="InvalidDataException">The file breaks the format, or holds something other than float32: says
    /// what and where.</exception>
    public static (IReadOnlyList<SafeTensor> Tensors, IReadOnlyDictionary<string, string> Metadata) Read(Stream stream)
    {
        Span<byte> prefix = stackalloc byte[8];
        Require(stream.Length >= 8, $"has {stream.Length} bytes; must have at least 8");
        stream.ReadExactly(prefix);
        var headerBytes = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        Require(headerBytes <= LargestHeaderBytes,
            $"header of {headerBytes} bytes; must be at most {LargestHeaderBytes}");
        Require((long)headerBytes <= stream.Length - 8, $"header of {headerBytes} bytes in a file of {stream.Length}");
        var header = new byte[(int)headerBytes];
        stream.ReadExactly(header);
        Require(header is [(byte)'{', ..], "header must start with {");
        var dataBytes = stream.Length - 8 - header.Length;
        var (entries, metadata) = Parse(header, dataBytes);
        return ([.. entries.Select(entry => Load(stream, 8 + header.Length, entry))], metadata);
    }

    private static (List<Entry> Entries, Dictionary<string, string> Metadata) Parse(byte[] header, long dataBytes)
    {
        var entries = new List<Entry>();
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            using var json = JsonDocument.Parse(header, new JsonDocumentOptions { AllowDuplicateProperties = false });
            foreach (var property in json.RootElement.EnumerateObject())
            {
                if (property.NameEquals(MetadataName))
                {
                    ReadMetadata(property.Value, metadata);
                }
                else
                {
                    entries.Add(ReadEntry(property.Name, property.Value));
                }
            }
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"safetensors: header is not JSON, or names something twice: {error.Message}", error);
        }

        entries.Sort((left, right) => (left.Begin, left.End).CompareTo((right.Begin, right.End)));
        var covered = 0L;
        foreach (var entry in entries)
        {
            Require(entry.Begin == covered,
                $"tensor {entry.Name} begins at {entry.Begin}; must begin at {covered}, without hole or overlap");
            covered = entry.End;
        }

        Require(covered == dataBytes, $"tensors cover {covered} bytes of {dataBytes}");
        return (entries, metadata);
    }

    private static Entry ReadEntry(string name, JsonElement value)
    {
        Require(value.ValueKind == JsonValueKind.Object, $"entry {name} must be an object");
        var names = value.EnumerateObject().Select(property => property.Name);
        var unknown = names.Except(["dtype", "shape", "data_offsets"]).FirstOrDefault();
        Require(unknown is null, $"tensor {name} has an unknown field {unknown}");
        var dtype = value.TryGetProperty("dtype", out var kind)
            && kind.ValueKind == JsonValueKind.String ? kind.GetString() : null;
        Require(dtype == "F32", $"tensor {name} has dtype {dtype ?? "(none)"}; must be F32");
        var shape = Numbers(name, value, "shape");
        var offsets = Numbers(name, value, "data_offsets");
        Require(offsets.Length == 2, $"tensor {name}: data_offsets must be two numbers");
        Require(offsets[0] <= offsets[1], $"tensor {name} ends at {offsets[1]}, before it begins at {offsets[0]}");
        var bytes = Bytes(name, shape);
        Require(offsets[1] - offsets[0] == bytes,
            $"tensor {name} has {offsets[1] - offsets[0]} bytes; its shape asks for {bytes}");
        Require(bytes / sizeof(float) <= Array.MaxLength, $"tensor {name} is too large: {bytes} bytes");
        return new Entry(name, shape, offsets[0], offsets[1]);
    }

    private static long Bytes(string name, long[] shape)
    {
        try
        {
            return shape.Aggregate((long)sizeof(float), (product, size) => checked(product * size));
        }
        catch (OverflowException)
        {
            var sizes = string.Join(", ", shape);
            throw new InvalidDataException($"safetensors: tensor {name}: shape [{sizes}] is too large");
        }
    }

    private static long[] Numbers(string name, JsonElement value, string field)
    {
        Require(value.TryGetProperty(field, out var array) && array.ValueKind == JsonValueKind.Array,
            $"tensor {name} has no list {field}");
        return [.. array.EnumerateArray().Select(item =>
        {
            var number = 0L;
            Require(item.ValueKind == JsonValueKind.Number && item.TryGetInt64(out number) && number >= 0,
                $"tensor {name}: {field} must hold whole numbers from 0");
            return number;
        })];
    }

    private static void ReadMetadata(JsonElement value, Dictionary<string, string> metadata)
    {
        Require(value.ValueKind == JsonValueKind.Object, $"{MetadataName} must be an object of strings");
        foreach (var property in value.EnumerateObject())
        {
            Require(property.Value.ValueKind == JsonValueKind.String,
                $"{MetadataName}.{property.Name} must be a string");
            metadata.Add(property.Name, property.Value.GetString()!);
        }
    }

    private static SafeTensor Load(Stream stream, long dataStart, Entry entry)
    {
        var values = new float[(entry.End - entry.Begin) / sizeof(float)];
        stream.Position = dataStart + entry.Begin;
        const int pieceElements = 1 << 20;
        for (var start = 0; start < values.Length; start += pieceElements)
        {
            var piece = MemoryMarshal.Cast<float, uint>(values.AsSpan(start, Math.Min(pieceElements, values.Length - start)));
            stream.ReadExactly(MemoryMarshal.AsBytes(piece));
            if (!BitConverter.IsLittleEndian)
            {
                BinaryPrimitives.ReverseEndianness(piece, piece);
            }
        }

        return new SafeTensor(entry.Name, entry.Shape, values);
    }

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new InvalidDataException($"safetensors: {otherwise}");
        }
    }

    private sealed record Entry(string Name, long[] Shape, long Begin, long End);
}
