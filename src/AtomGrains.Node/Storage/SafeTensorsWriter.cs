using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using AtomGrains.Core.Parameters;

namespace AtomGrains.Node.Storage;

/// <summary>
/// Writes float32 parameters in the safetensors format: u64 header length, JSON header padded with spaces to 8
/// bytes, then the tensors in the order of their names (the reference writer's order for one data type).
/// </summary>
public static class SafeTensorsWriter
{
    /// <param name="flat">[layout.Elements] float32, in flat order.</param>
    /// <param name="metadata">Goes into <c>__metadata__</c>, beside the <c>format: pt</c> that other readers ask
    /// for.</param>
    /// <exception cref="ArgumentException"><paramref name="flat"/> is not as long as the layout, or a name comes
    /// twice.</exception>
    public static void Write(
        Stream stream, ParameterLayout layout, ReadOnlySpan<float> flat, IReadOnlyDictionary<string, string>? metadata = null)
    {
        if (flat.Length != layout.Elements)
        {
            throw new ArgumentException($"{flat.Length} elements for a layout of {layout.Elements}", nameof(flat));
        }

        var entries = layout.Entries.OrderBy(entry => entry.Name, StringComparer.Ordinal).ToArray();
        var header = Header(entries, metadata ?? new Dictionary<string, string>());
        Span<byte> prefix = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, (ulong)header.Length);
        stream.Write(prefix);
        stream.Write(header);
        foreach (var entry in entries)
        {
            WeightsHash.LittleEndian(flat.Slice(entry.ElementOffset, entry.Elements), stream.Write);
        }
    }

    private static byte[] Header(ParameterEntry[] entries, IReadOnlyDictionary<string, string> metadata)
    {
        var names = new HashSet<string>(StringComparer.Ordinal) { SafeTensorsReader.MetadataName };
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartObject(SafeTensorsReader.MetadataName);
            var pairs = metadata.Append(KeyValuePair.Create("format", "pt")).DistinctBy(pair => pair.Key);
            foreach (var (key, value) in pairs.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            {
                json.WriteString(key, value);
            }

            json.WriteEndObject();
            var offset = 0L;
            foreach (var entry in entries)
            {
                if (!names.Add(entry.Name))
                {
                    throw new ArgumentException($"the name {entry.Name} comes twice", nameof(entries));
                }

                json.WriteStartObject(entry.Name);
                json.WriteString("dtype", "F32");
                WriteArray(json, "shape", entry.Shape.Select(size => (long)size));
                WriteArray(json, "data_offsets", [offset, offset += (long)sizeof(float) * entry.Elements]);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        var padding = (8 - buffer.WrittenCount % 8) % 8;
        return [.. buffer.WrittenSpan, .. Encoding.ASCII.GetBytes(new string(' ', padding))];
    }

    private static void WriteArray(Utf8JsonWriter json, string name, IEnumerable<long> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
        {
            json.WriteNumberValue(value);
        }

        json.WriteEndArray();
    }
}
