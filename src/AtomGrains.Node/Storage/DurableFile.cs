using System.Globalization;

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
    /// <param name="mode">Who may read it, from the moment at which it is there; null is as this process usually does.</param>
    public static void Write(string path, Action<Stream> write, UnixFileMode? mode = null)
    {
        var temporary = WriteTemporary(path, write, mode);
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

    /// <summary>Gives a folder that was made under another name its own: all of it is there, or nothing.</summary>
    /// <returns>False when the name is taken.</returns>
    public static bool TryNameFolder(string made, string folder)
    {
        try
        {
            Directory.Move(made, folder);
        }
        catch (IOException) when (Directory.Exists(folder))
        {
            return false;
        }

        NativeFile.SyncDirectory(DirectoryOf(folder));
        return true;
    }

    /// <summary>
    /// Removes what killed writers left in a folder; what a living process writes there stays, and what nobody can be
    /// asked about goes.
    /// </summary>
    public static void RemoveTemporaries(string folder)
    {
        foreach (var file in Directory.Exists(folder) ? Directory.EnumerateFiles(folder, TemporaryPrefix + "*") : [])
        {
            var writer = Path.GetFileName(file)[TemporaryPrefix.Length..].Split('-')[0];
            if (!int.TryParse(writer, NumberStyles.None, CultureInfo.InvariantCulture, out var pid) || ProcessIdentity.Of(pid) is null)
            {
                File.Delete(file);
            }
        }
    }

    private static string WriteTemporary(string path, Action<Stream> write, UnixFileMode? mode = null)
    {
        var temporary = Path.Combine(DirectoryOf(path), $"{TemporaryPrefix}{Environment.ProcessId}-{Guid.NewGuid():N}");
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 1 << 16 };
            if (mode is not null && !OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = mode;
            }

            using var stream = new FileStream(temporary, options);
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
