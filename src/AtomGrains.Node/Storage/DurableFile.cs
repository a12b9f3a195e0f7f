namespace AtomGrains.Node.Storage;

/// <summary>
/// Files that are complete or absent, whatever is killed and whenever: written under another name, synced,
/// then named. Temporary names begin with <see cref="TemporaryPrefix"/>; readers ignore them.
/// </summary>
public static class DurableFile
{
    public const string TemporaryPrefix = ".tmp-";

    /// <summary>
    /// Creates or replaces <paramref name="path"/>: a reader sees the old content or the new, never a part.
    /// </summary>
    public static void Write(string path, Action<Stream> write)
    {
        var temporary = WriteTemporary(path, write);
        try
        {
            File.Move(temporary, path, overwrite: true);
            NativeFile.SyncDirectory(DirectoryOf(path));
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    public static void Write(string path, ReadOnlyMemory<byte> content) =>
        Write(path, stream => stream.Write(content.Span));

    /// <summary>
    /// Creates <paramref name="path"/> unless it exists. Of all who try, in any process, exactly one gets true.
    /// </summary>
    public static bool TryCreate(string path, ReadOnlyMemory<byte> content) =>
        TryCreate(path, stream => stream.Write(content.Span));

    /// <inheritdoc cref="TryCreate(string, ReadOnlyMemory{byte})"/>
    public static bool TryCreate(string path, Action<Stream> write)
    {
        var temporary = WriteTemporary(path, write);
        try
        {
            var created = NativeFile.TryLink(temporary, path);
            NativeFile.SyncDirectory(DirectoryOf(path));
            return created;
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>
    /// Removes what killed writers left in a folder. Only for who knows that nobody writes there now.
    /// </summary>
    public static void RemoveTemporaries(string folder)
    {
        foreach (var file in Directory.Exists(folder) ? Directory.EnumerateFiles(folder, TemporaryPrefix + "*") : [])
        {
            File.Delete(file);
        }
    }

    private static string WriteTemporary(string path, Action<Stream> write)
    {
        var temporary = Path.Combine(DirectoryOf(path), $"{TemporaryPrefix}{Environment.ProcessId}-{Guid.NewGuid():N}");
        try
        {
            using var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1 << 16);
            write(stream);
            stream.Flush(flushToDisk: true);
            return temporary;
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    private static string DirectoryOf(string path) => Path.GetDirectoryName(Path.GetFullPath(path))!;
}
