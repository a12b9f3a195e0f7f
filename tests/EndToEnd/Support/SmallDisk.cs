using Disk = AtomGrains.Chaos.Machine.SmallDisk;

namespace AtomGrains.EndToEnd.Tests.Support;

/// <summary>A small disk of a test's own, as chaos plans have them, on a folder that goes with it.</summary>
internal sealed class SmallDisk(int mebibytes) : IDisposable
{
    private readonly Disk _disk = new(TrainProcess.NewFolder(), mebibytes);

    public string Folder => _disk.Folder;

    /// <summary>Takes all that is left.</summary>
    public void Fill() => _disk.Fill();

    public void Dispose()
    {
        _disk.Dispose();
        TrainProcess.Remove(Folder);
    }
}
