using System.Text;
using AtomGrains.Core.Options;

namespace AtomGrains.Node.Storage;

/// <summary>
/// A text: one file, all files of a folder and its subfolders in ordinal order of their paths (names that begin
/// with a dot are left out), or bytes in memory. Strict UTF-8; a byte order mark is skipped. Read as a stream,
/// so its size is not bounded by memory.
/// </summary>
public sealed class Corpus
{
    public const string Setting = "--data";
    private const int ChunkBytes = 1 << 16;

    private readonly IReadOnlyList<(string Name, Func<Stream> Open)> _parts;

    private Corpus(IReadOnlyList<(string Name, Func<Stream> Open)> parts) => _parts = parts;

    /// <summary>Names of the parts, in order.</summary>
    public IEnumerable<string> Names => _parts.Select(part => part.Name);

    /// <exception cref="InvalidSettingsException">Missing, empty or not readable.</exception>
    public static Corpus Open(string path)
    {
        string[] files;
        try
        {
            files = Directory.Exists(path) ? FilesUnder(path) : [path];
            if (files.Sum(file => new FileInfo(file).Length) == 0)
            {
                throw Refuse(
                    path,
                    files.Length == 0
                        ? "the folder has no files; must be a text file, or a folder of them"
                        : "is empty; must be a text of at least some hundred characters");
            }
        }
        catch (FileNotFoundException)
        {
            throw Refuse(path, "does not exist; must be a text file, or a folder of them");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Refuse(path, $"cannot be read: {error.Message}");
        }

        return new Corpus([.. files.Select(file => (file, new Func<Stream>(() => File.OpenRead(file))))]);
    }

    public static Corpus FromBytes(string name, byte[] utf8) =>
        new([(name, () => new MemoryStream(utf8, writable: false))]);

    /// <summary>Hands over the whole text in pieces.</summary>
    /// <exception cref="InvalidSettingsException">A part is not text: names it and the offset of the offending
    /// byte.</exception>
    public void Read(CorpusSink sink)
    {
        foreach (var (name, open) in _parts)
        {
            try
            {
                using var stream = open();
                Read(name, stream, sink);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw Refuse(name, $"cannot be read: {error.Message}");
            }
        }
    }

    private static void Read(string name, Stream stream, CorpusSink sink)
    {
        var bytes = new byte[ChunkBytes];
        var runes = new Rune[ChunkBytes];
        var held = 0;
        var offset = 0L;
        while (true)
        {
            var read = stream.Read(bytes.AsSpan(held));
            var chunk = bytes.AsSpan(0, held + read);
            if (chunk.Length == 0)
            {
                return;
            }

            var (consumed, count) = Decode(name, chunk, offset, atEnd: read == 0, runes);
            var text = runes.AsSpan(0, count);
            sink(offset == 0 && text is [{ Value: 0xFEFF }, ..] ? text[1..] : text);
            chunk[consumed..].CopyTo(bytes);
            held = chunk.Length - consumed;
            offset += consumed;
        }
    }

    private static (int Consumed, int Count) Decode(string name, ReadOnlySpan<byte> chunk, long offset, bool atEnd, Span<Rune> runes)
    {
        var consumed = 0;
        var count = 0;
        while (consumed < chunk.Length)
        {
            var status = Rune.DecodeFromUtf8(chunk[consumed..], out var rune, out var length);
            if (status == System.Buffers.OperationStatus.NeedMoreData && !atEnd)
            {
                break;
            }

            if (status != System.Buffers.OperationStatus.Done || rune.Value == 0)
            {
                throw Refuse(name, $"is not UTF-8 text: byte 0x{chunk[consumed]:X2} at offset {offset + consumed}");
            }

            runes[count++] = rune;
            consumed += length;
        }

        return (consumed, count);
    }

    private static string[] FilesUnder(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Where(file => !IsHidden(Path.GetRelativePath(folder, file)))
            .Order(StringComparer.Ordinal)];

    private static bool IsHidden(string relative) =>
        relative.Split(Path.DirectorySeparatorChar).Any(name => name.StartsWith('.'));

    private static InvalidSettingsException Refuse(string path, string reason) =>
        new(new SettingError(Setting, path, reason));
}
