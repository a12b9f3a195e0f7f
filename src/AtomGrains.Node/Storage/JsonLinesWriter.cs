using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace AtomGrains.Node.Storage;

/// <summary>
/// Appends one JSON object a line. A line is one write, so a kill leaves whole lines and at most one torn one at
/// the end, which the next writer removes. Not safe for concurrent callers.
/// </summary>
public sealed class JsonLinesWriter<T> : IDisposable
{
    private readonly FileStream _file;
    private readonly JsonTypeInfo<T> _type;
    private readonly bool _sync;

    /// <param name="sync">Whether each line is on the disk before <see cref="Append"/> returns.</param>
    public JsonLinesWriter(string path, JsonTypeInfo<T> type, bool sync)
    {
        _type = type;
        _sync = sync;
        var isNew = !File.Exists(path);
        // No buffer of our own: a line that was appended outlives this process.
        _file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        TornBytes = _file.Length - JsonLines.WholeLinesEnd(_file);
        _file.SetLength(_file.Length - TornBytes);
        _file.Seek(0, SeekOrigin.End);
        if (sync && isNew)
        {
            // A line is worth nothing in a file whose name is not on the disk.
            NativeFile.SyncDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        }
    }

    /// <summary>Length of the torn line that was removed at the end of the file; 0 when there was none.</summary>
    public long TornBytes { get; }

    public void Append(T line)
    {
        using var buffer = new MemoryStream();
        JsonSerializer.Serialize(buffer, line, _type);
        buffer.WriteByte((byte)'\n');
        var start = _file.Position;
        try
        {
            _file.Write(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
        }
        catch (IOException)
        {
            // A full disk takes a part of a line; the file ends with whole ones.
            _file.SetLength(start);
            _file.Position = start;
            throw;
        }

        if (_sync)
        {
            _file.Flush(flushToDisk: true);
        }
    }

    public void Dispose()
    {
        _file.Flush(flushToDisk: true);
        _file.Dispose();
    }
}
