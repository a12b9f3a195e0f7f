using System.Security.Cryptography;

namespace AtomGrains.Node.Storage.Objects;

/// <summary>
/// Objects as files of a folder, on a disk or a file system that machines share: written aside, synced, then named by a
/// hard link or a rename, and the folder synced after it.
/// </summary>
public sealed class DirectoryObjectStore : IObjectStore
{
    private const string LockName = ".lock";

    private static readonly TimeSpan LockWait = TimeSpan.FromSeconds(10);

    private readonly string _root;

    /// <param name="root">Made with the first object.</param>
    public DirectoryObjectStore(string root) => _root = Path.GetFullPath(root);

    public string Description => _root;

    public bool PutIfAbsent(string name, IReadOnlyList<ReadOnlyMemory<byte>> parts) => WithIOExceptions(() =>
    {
        var path = PathOf(name);
        if (DiskNeeds.Available(_root) - parts.Sum(part => (long)part.Length) < DiskNeeds.ReserveBytes)
        {
            throw new IOException($"no space is left for {name} in {_root}");
        }

        MakeFolder(Path.GetDirectoryName(path)!);
        return !File.Exists(path) && DurableFile.TryCreate(path, stream => Write(stream, parts));
    });

    public bool PutIfMatch(string name, string tag, IReadOnlyList<ReadOnlyMemory<byte>> parts) => WithIOExceptions(() =>
    {
        var path = PathOf(name);
        using var alone = Lock();
        if (Find(name)?.Tag != tag)
        {
            return false;
        }

        DurableFile.Write(path, stream => Write(stream, parts));
        return true;
    });

    public void ReadRange(string name, long offset, Span<byte> buffer)
    {
        try
        {
            using var file = File.OpenHandle(PathOf(name));
            if (!FileRange.TryRead(file, offset, buffer))
            {
                throw new EndOfStreamException($"{name} ends before byte {offset + buffer.Length}");
            }
        }
        catch (DirectoryNotFoundException error)
        {
            throw new FileNotFoundException($"{name} is not in {_root}", error);
        }
        catch (UnauthorizedAccessException error)
        {
            throw Denied(error);
        }
    }

    public StoredObject? Find(string name) => WithIOExceptions(() =>
    {
        var file = new FileInfo(PathOf(name));
        try
        {
            // Of bytes and not of times: a clock's tick is longer than a write.
            using var stream = file.OpenRead();
            return new StoredObject(name, stream.Length, file.LastWriteTimeUtc, Convert.ToHexStringLower(SHA256.HashData(stream)));
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    });

    public IReadOnlyList<StoredObject> List(string prefix) => WithIOExceptions<IReadOnlyList<StoredObject>>(() =>
    {
        var folder = Path.Combine(_root, prefix.LastIndexOf('/') is >= 0 and var end ? prefix[..end] : "");
        var files = Directory.Exists(folder) ? new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories) : [];
        return
        [
            .. files.Where(file => file.Name[0] != '.')
                .Select(file => new StoredObject(Path.GetRelativePath(_root, file.FullName), file.Length, file.LastWriteTimeUtc))
                .Where(entry => entry.Name.StartsWith(prefix, StringComparison.Ordinal))
                .OrderBy(entry => entry.Name, StringComparer.Ordinal),
        ];
    });

    public void Delete(string name) => WithIOExceptions(() =>
    {
        try
        {
            File.Delete(PathOf(name));
        }
        catch (DirectoryNotFoundException)
        {
            // Gone with its folder.
        }

        return true;
    });

    public void RemoveRemains(DateTimeOffset olderThan) => WithIOExceptions(() =>
    {
        var files = Directory.Exists(_root) ? new DirectoryInfo(_root).EnumerateFiles(DurableFile.TemporaryPrefix + "*", SearchOption.AllDirectories) : [];
        foreach (var file in files.Where(file => file.LastWriteTimeUtc < olderThan))
        {
            file.Delete();
        }

        return true;
    });

    // Who may not is told as who cannot: to a caller both are a store that does not answer.
    private static T WithIOExceptions<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (UnauthorizedAccessException error)
        {
            throw Denied(error);
        }
    }

    private static IOException Denied(UnauthorizedAccessException error) => new(error.Message, error);

    private static void Write(Stream stream, IReadOnlyList<ReadOnlyMemory<byte>> parts)
    {
        foreach (var part in parts)
        {
            stream.Write(part.Span);
        }
    }

    private string PathOf(string name)
    {
        ObjectName.Check(name);
        return Path.Combine(_root, name);
    }

    // A folder that survives a power cut: each new one is in its parent's synced list of names.
    private static void MakeFolder(string folder)
    {
        if (Directory.Exists(folder))
        {
            return;
        }

        var parent = Path.GetDirectoryName(folder)!;
        MakeFolder(parent);
        Directory.CreateDirectory(folder);
        NativeFile.SyncDirectory(parent);
    }

    private FileStream Lock()
    {
        MakeFolder(_root);
        for (var waited = System.Diagnostics.Stopwatch.StartNew(); ;)
        {
            try
            {
                return new FileStream(Path.Combine(_root, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            }
            catch (IOException) when (waited.Elapsed < LockWait)
            {
                Thread.Sleep(TimeSpan.FromMilliseconds(2));
            }
        }
    }
}
