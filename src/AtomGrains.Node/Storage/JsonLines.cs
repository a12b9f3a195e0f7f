using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace AtomGrains.Node.Storage;

/// <summary>Reads what <see cref="JsonLinesWriter{T}"/> wrote, also while it writes.</summary>
public static class JsonLines
{
    // A file of millions of steps is longer than an array can be.
    private const int MostAtOnce = 256 << 20;

    /// <summary>All whole lines, in order; a torn last one is left out.</summary>
    /// <exception cref="InvalidDataException">A whole line is not JSON of this kind: names its number.</exception>
    public static IReadOnlyList<T> Read<T>(string path, JsonTypeInfo<T> type) => [.. Stream(path, type)];

    /// <summary>The whole lines behind an offset, which moves behind them: for who follows a file that grows.</summary>
    /// <param name="offset">In bytes; where a line begins.</param>
    /// <param name="most">Bytes to read at once, more than any line has: what is left comes with the next call.</param>
    /// <exception cref="InvalidDataException">A whole line is not JSON of this kind: names its number, counted from there.</exception>
    public static IReadOnlyList<T> ReadOn<T>(string path, JsonTypeInfo<T> type, ref long offset, int most = MostAtOnce)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var end = file.Length - offset > most ? WholeLinesEnd(file, offset + most) : WholeLinesEnd(file);
        if (end <= offset)
        {
            return [];
        }

        var content = new byte[end - offset];
        file.Position = offset;
        file.ReadExactly(content);
        offset = end;
        var lines = new List<T>();
        foreach (var range in content.AsSpan().Split((byte)'\n'))
        {
            if (range.Start.Value == content.Length)
            {
                break;
            }

            lines.Add(Parse(path, lines.Count + 1, content.AsSpan(range), type));
        }

        return lines;
    }

    /// <summary>The last whole line; null when there is none. Reads no more of the file than that.</summary>
    /// <exception cref="InvalidDataException">It is not JSON of this kind.</exception>
    public static T? Last<T>(string path, JsonTypeInfo<T> type)
        where T : class
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var end = WholeLinesEnd(file);
        if (end == 0)
        {
            return null;
        }

        var begin = WholeLinesEnd(file, end - 1);
        var line = new byte[end - 1 - begin];
        file.Position = begin;
        file.ReadExactly(line);
        return Parse(path, 1, line, type);
    }

    /// <summary>Length of a last line that was cut off; 0 when the file ends with a whole one.</summary>
    public static long TornBytes(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        return file.Length - WholeLinesEnd(file);
    }

    /// <summary>All whole lines that there are now, in order, one at a time: for files that may be larger than memory.</summary>
    /// <exception cref="InvalidDataException">A whole line is not JSON of this kind: names its number.</exception>
    public static IEnumerable<T> Stream<T>(string path, JsonTypeInfo<T> type)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var left = WholeLinesEnd(file);
        file.Position = 0;
        var buffer = new byte[1 << 16];
        var (held, number) = (0, 0);
        while (left > 0 || held > 0)
        {
            if (held == buffer.Length)
            {
                Array.Resize(ref buffer, 2 * buffer.Length);
            }

            var read = file.Read(buffer, held, (int)Math.Min(buffer.Length - held, left));
            if (read == 0 && left > 0)
            {
                throw new InvalidDataException($"{path}: became shorter while it was read");
            }

            left -= read;
            held += read;
            var begin = 0;
            for (int feed; (feed = Array.IndexOf(buffer, (byte)'\n', begin, held - begin)) >= 0; begin = feed + 1)
            {
                yield return Parse(path, ++number, buffer.AsSpan(begin..feed), type);
            }

            Array.Copy(buffer, begin, buffer, 0, held -= begin);
        }
    }

    private static T Parse<T>(string path, int number, ReadOnlySpan<byte> line, JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(line, type) ?? throw new JsonException("null");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{path}: line {number}: {error.Message}", error);
        }
    }

    /// <summary>The offset after the last line feed; 0 when there is none.</summary>
    internal static long WholeLinesEnd(FileStream file) => WholeLinesEnd(file, file.Length);

    // Of those before an offset.
    private static long WholeLinesEnd(FileStream file, long before)
    {
        var chunk = new byte[4096];
        for (var end = before; end > 0;)
        {
            var begin = Math.Max(0, end - chunk.Length);
            var part = chunk.AsSpan(0, (int)(end - begin));
            file.Position = begin;
            file.ReadExactly(part);
            var feed = part.LastIndexOf((byte)'\n');
            if (feed >= 0)
            {
                return begin + feed + 1;
            }

            end = begin;
        }

        return 0;
    }
}
