using System.Diagnostics;

namespace AtomGrains.Chaos.Machine;

/// <summary>A disk of a few mebibytes, in memory, mounted on a folder while this object lives.</summary>
internal sealed class SmallDisk : IDisposable
{
    private const string OthersFileName = "others";

    // Processes that were killed keep their files for as long as the system takes to end them.
    private static readonly TimeSpan UnmountWithin = TimeSpan.FromSeconds(10);

    /// <param name="folder">Made if it is absent; stays, empty.</param>
    /// <exception cref="IOException">This machine does not let this process mount a disk.</exception>
    public SmallDisk(string folder, int mebibytes)
    {
        Folder = Directory.CreateDirectory(folder).FullName;
        if (!Succeeds("mount", "-t", "tmpfs", "-o", FormattableString.Invariant($"size={mebibytes}m"), "tmpfs", Folder))
        {
            throw new IOException("mount -t tmpfs is refused here");
        }
    }

    /// <summary>Whether this process may mount one.</summary>
    public static bool IsAllowed { get; } = Try();

    public string Folder { get; }

    /// <summary>Takes all that is left.</summary>
    public void Fill()
    {
        using var file = new FileStream(Path.Combine(Folder, OthersFileName), FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        var some = new byte[4096];
        try
        {
            while (true)
            {
                file.Write(some);
            }
        }
        catch (IOException)
        {
            // Full, as intended.
        }
    }

    /// <summary>Gives back what <see cref="Fill"/> took.</summary>
    public void Free() => File.Delete(Path.Combine(Folder, OthersFileName));

    /// <exception cref="IOException">A process still uses it.</exception>
    public void Dispose()
    {
        if (!SpinWait.SpinUntil(() => Succeeds("umount", Folder), UnmountWithin))
        {
            throw new IOException($"umount {Folder} is refused: a process still uses it");
        }
    }

    private static bool Try()
    {
        var folder = Directory.CreateTempSubdirectory("atomgrains-disk-").FullName;
        try
        {
            using var disk = new SmallDisk(folder, mebibytes: 1);
            return true;
        }
        catch (Exception error) when (error is IOException or System.ComponentModel.Win32Exception)
        {
            return false;
        }
        finally
        {
            Directory.Delete(folder);
        }
    }

    private static bool Succeeds(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
