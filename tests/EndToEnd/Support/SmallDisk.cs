using System.Diagnostics;

namespace AtomGrains.EndToEnd.Tests.Support;

/// <summary>A disk of a few mebibytes, in memory, mounted on a folder while this object lives.</summary>
internal sealed class SmallDisk : IDisposable
{
    public SmallDisk(int mebibytes)
    {
        Folder = TrainProcess.NewFolder();
        Directory.CreateDirectory(Folder);
        if (!Succeeds("mount", "-t", "tmpfs", "-o", $"size={mebibytes}m", "tmpfs", Folder))
        {
            TrainProcess.Remove(Folder);
            throw new InvalidOperationException("mount -t tmpfs is refused here");
        }
    }

    public static bool IsAllowed { get; } = Try();

    public string Folder { get; }

    /// <summary>Takes all that is left.</summary>
    public void Fill()
    {
        using var file = new FileStream(Path.Combine(Folder, "others"), FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
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

    public void Dispose()
    {
        // Processes that were killed keep their files for as long as the system takes to end them.
        Assert.True(SpinWait.SpinUntil(() => Succeeds("umount", Folder), TimeSpan.FromSeconds(10)));
        TrainProcess.Remove(Folder);
    }

    private static bool Try()
    {
        try
        {
            using var disk = new SmallDisk(mebibytes: 1);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
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
