using System.Buffers.Binary;
using System.Globalization;
using System.IO.MemoryMappedFiles;

namespace AtomGrains.Node.Workers;

/// <summary>
/// Which lane a process is computing, in a file that outlives it: memory that is shared with the file, so it costs a step
/// nothing and the kernel keeps it, whatever the process dies of. For its one reader, who sees how the process ended.
/// </summary>
public sealed class LaneMark : IDisposable
{
    public const string FolderName = "lanes";

    private const int StepAt = 0;
    private const int LaneAt = 8;
    private const int ProcessAt = 12;
    private const int ActiveAt = 16;
    private const int Bytes = 20;

    private readonly MemoryMappedFile? _file;
    private readonly MemoryMappedViewAccessor? _view;
    private volatile bool _closed;

    /// <param name="path">Null for a node that nobody watches.</param>
    /// <exception cref="IOException">The file cannot be made.</exception>
    public LaneMark(string? path)
    {
        if (path is null)
        {
            return;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);

        // Written before it is mapped: a full disk is an exception here, and would be a signal there.
        var empty = new byte[Bytes];
        BinaryPrimitives.WriteInt32LittleEndian(empty.AsSpan(ProcessAt), Environment.ProcessId);
        File.WriteAllBytes(path, empty);
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.ReadWrite);
        _view = _file.CreateViewAccessor(0, Bytes);
    }

    public static string PathOf(string runFolder, int node) => Path.Combine(runFolder, FolderName, $"node-{node}");

    /// <summary>The nodes that have lived in a process, whether they were computing or not; not those whose marks were deleted.</summary>
    public static IReadOnlyList<int> NodesOf(string runFolder, int process)
    {
        var marks = Path.Combine(runFolder, FolderName);
        return !Directory.Exists(marks) ? [] :
        [
            .. Directory.EnumerateFiles(marks).Where(path => ReadOf(path, process) is not null)
                .Select(path => int.Parse(Path.GetFileName(path).Split('-')[1], CultureInfo.InvariantCulture)).Order(),
        ];
    }

    /// <summary>The lane that a process was in the middle of when it ended; null when it was in none.</summary>
    public static (long Step, int Lane)? Read(string path, int process) => ReadOf(path, process) is { } bytes && bytes[ActiveAt] == 1
        ? (BinaryPrimitives.ReadInt64LittleEndian(bytes), BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(LaneAt)))
        : null;

    // What a process has written; null when it is not of that process, or was not made.
    private static byte[]? ReadOf(string path, int process)
    {
        try
        {
            var bytes = File.ReadAllBytes(path);
            return bytes.Length == Bytes && BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(ProcessAt)) == process ? bytes : null;
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            // It ended before it had made one.
            return null;
        }
    }

    /// <summary>On the thread that computes.</summary>
    public void Begin(long step, int lane)
    {
        if (_view is not null && !_closed)
        {
            _view.Write(StepAt, step);
            _view.Write(LaneAt, lane);
            Thread.MemoryBarrier();
            _view.Write(ActiveAt, (byte)1);
        }
    }

    /// <summary>On the thread that computes.</summary>
    public void End() => _view?.Write(ActiveAt, (byte)0);

    /// <summary>What this process ends of from here on is no lane's doing; any thread.</summary>
    public void Close()
    {
        _closed = true;
        End();
    }

    public void Dispose()
    {
        _view?.Dispose();
        _file?.Dispose();
    }
}
