using AtomGrains.Core.Options;
using AtomGrains.Core.Runs;

namespace AtomGrains.Node.Storage;

/// <summary>What a run writes, so that a full disk is found before it starts and not at its end.</summary>
public static class DiskNeeds
{
    /// <summary>A line of metrics with all its digits.</summary>
    private const int MetricsLineBytes = 500;

    /// <summary>Views, ledger, records and the file system's own rounding.</summary>
    private const long OtherBytes = 4L << 20;

    /// <summary>Bytes for tokens, weights (twice: they are replaced whole) and metrics.</summary>
    public static long Bytes(RunSpec spec) =>
        (spec.Data.TrainTokens + spec.Data.ValidationTokens) * sizeof(ushort)
        + 2 * sizeof(float) * ModelSize.Elements(spec.Model)
        + spec.Steps * MetricsLineBytes
        + OtherBytes;

    /// <summary>Free bytes where <paramref name="folder"/> is or will be.</summary>
    public static long Available(string folder)
    {
        var existing = Path.GetFullPath(folder);
        while (!Directory.Exists(existing) && Path.GetDirectoryName(existing) is { } parent)
        {
            existing = parent;
        }

        return new DriveInfo(existing).AvailableFreeSpace;
    }

    public static SettingError? Error(string folder, long needed, long available) =>
        available >= needed
            ? null
            : new SettingError(RunFolder.Setting, folder,
                $"needs {Mebibytes(needed)} MiB and has {Mebibytes(available)} MiB free; must be on a disk with enough space");

    private static long Mebibytes(long bytes) => (bytes + (1 << 20) - 1) >> 20;
}
