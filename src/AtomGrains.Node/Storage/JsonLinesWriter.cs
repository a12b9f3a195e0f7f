using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace AtomGrains.Node.Storage;

/// <summary>
/// Appends one JSON object a line. A line is one write at the end of the file, so a kill leaves whole lines and at most one
/// torn one, which the next writer removes, and two writers of one file take no line from each other. Not safe for concurrent
/// callers.
/// </summary>
public sealed class JsonLinesWriter<T> : IDisposable
{
    private readonly FileStream _file;
    private readonly JsonTypeInfo<T> _type;
    private readonly bool _sync;
    private readonly Func<bool> _isOver;
    private long _end;

    /// <param name="sync">Whether each line is on the disk before <see cref="Append"/> returns.</param>
    /// <param name="isOver">
    /// Asked when somebody else has written: whether that is this writer's successor, which knows nothing of what this one
    /// would write.
    /// </param>
    public JsonLinesWriter(string path, JsonTypeInfo<T> type, bool sync, Func<bool>? isOver = null)
    {
        _type = type;
        _sync = sync;
        _isOver = isOver ?? (() => false);
        var isNew = !File.Exists(path);
        // No buffer of our own: a line that was appended outlives this process.
        _file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        TornBytes = _file.Length - JsonLines.WholeLinesEnd(_file);
        _file.SetLength(_file.Length - TornBytes);
        _end = _file.Length;
        NativeFile.AppendOnly(_file.SafeFileHandle);
        if (sync && isNew)
        {
            // A line is worth nothing in a file whose name is not on the disk.
            NativeFile.SyncDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        }
    }

    /// <summary>Length of the torn line that was removed at the end of the file; 0 when there was none.</summary>
    public long TornBytes { get; }

    /// <summary>A successor has written, and no line of this writer's comes behind its lines.</summary>
    public bool IsOver { get; private set; }

    public void Append(T line)
    {
        var start = RandomAccess.GetLength(_file.SafeFileHandle);
        IsOver |= start != _end && _isOver();
        if (IsOver)
        {
            return;
        }

        using var buffer = new MemoryStream();
        JsonSerializer.Serialize(buffer, line, _type);
        buffer.WriteByte((byte)'\n');
        try
        {
            RandomAccess.Write(_file.SafeFileHandle, buffer.GetBuffer().AsSpan(0, (int)buffer.Length), start);
            _end = start + buffer.Length;
        }
        catch (IOException)
        {
            // A full disk takes a part of a line; the file ends with whole ones.
            RandomAccess.SetLength(_file.SafeFileHandle, start);
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
