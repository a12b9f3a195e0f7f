using System.Globalization;

namespace AtomGrains.Node.Storage;

/// <summary>
/// The operating system's lock on a run folder: held by one process, released by its end whatever ended it.
/// Who holds it stands in a file beside it, for the refusal's text: a file locked this way cannot be read. The
/// lock's file is never removed, since a lock on a removed file excludes nobody.
/// </summary>
public sealed class RunFolderLock : IDisposable
{
    public const string FileName = "run.lock";
    public const string HolderFileName = "run.pid";
    private const int Attempts = 5;

    private readonly FileStream _file;

    private RunFolderLock(FileStream file) => _file = file;

    /// <returns>Null when another holds it.</returns>
    /// <exception cref="IOException">The lock's file cannot be made or written.</exception>
    public static RunFolderLock? TryAcquire(string folder)
    {
        var path = Path.Combine(folder, FileName);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                // FileShare.None is flock(LOCK_EX | LOCK_NB) on Unix.
                return Claim(folder, new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0));
            }
            catch (IOException) when (attempt < Attempts && File.Exists(path))
            {
                // Perhaps only a status command, which looks at the lock for an instant.
                Thread.Sleep(TimeSpan.FromMilliseconds(10));
            }
            catch (IOException) when (IsLocked(path))
            {
                return null;
            }
        }
    }

    /// <summary>Whether a process runs in the folder now.</summary>
    public static bool IsHeld(string folder) => IsLocked(Path.Combine(folder, FileName));

    /// <summary>The id of the process that holds the lock, or held it last; null when nobody ever did.</summary>
    public static string? Holder(string folder)
    {
        var path = Path.Combine(folder, HolderFileName);
        return File.Exists(path) && File.ReadAllText(path) is { Length: > 0 } pid ? pid : null;
    }

    public void Dispose() => _file.Dispose();

    private static RunFolderLock Claim(string folder, FileStream file)
    {
        try
        {
            File.WriteAllText(Path.Combine(folder, HolderFileName), Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
            return new RunFolderLock(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static bool IsLocked(string path)
    {
        try
        {
            // A shared lock: two that only ask don't see each other.
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            return false;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
        catch (DirectoryNotFoundException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }
}
