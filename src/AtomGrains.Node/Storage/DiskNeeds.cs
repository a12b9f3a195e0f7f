using System.IO.Enumeration;
using AtomGrains.Core.Options;
using AtomGrains.Core.Runs;
using AtomGrains.Node.Checkpoints;

namespace AtomGrains.Node.Storage;

/// <summary>What a run writes, so that a full disk is found before it starts and not at its end.</summary>
/// <param name="Run">Bytes of the run folder itself.</param>
/// <param name="Store">Bytes of its checkpoints, where these go to a folder.</param>
/// <param name="StoreFolder">That folder; null where they go elsewhere, or nowhere.</param>
public sealed record DiskNeeds(long Run, long Store = 0, string? StoreFolder = null)
{
    /// <summary>What stores leave free on a disk: what a run has to write there must not fail for the sake of a checkpoint.</summary>
    public const long ReserveBytes = 4 << 20;

    private const string StoreSetting = "--store";

    /// <summary>A line of metrics with all its digits.</summary>
    private const int MetricsLineBytes = 500;

    /// <summary>Views, ledger, records, logs and the file system's own rounding.</summary>
    private const long OtherBytes = 4L << 20;

    /// <summary>Heads of a checkpoint's slices, and its manifest.</summary>
    private const long CheckpointHeadBytes = 64 << 10;

    /// <summary>Parameters and both of the optimizer's vectors.</summary>
    private const int NumbersAParameter = 3;

    /// <param name="roots">Whether the parameters of each step are hashed.</param>
    /// <param name="checkpoints">What is wanted of them.</param>
    /// <param name="storeFolder">Where they go; null where that is no folder.</param>
    public static DiskNeeds Of(RunRecord record, bool roots, CheckpointPlan checkpoints, string? storeFolder)
    {
        var elements = record.Elements ?? ModelSize.Elements(record.Spec.Model);
        var store = storeFolder is null ? 0 : CheckpointBytes(record.Spec, elements, checkpoints);
        return new DiskNeeds(RunBytes(record.Spec, elements, roots), store, store == 0 ? null : storeFolder);
    }

    /// <summary>Free bytes where <paramref name="folder"/> is or will be.</summary>
    public static long Available(string folder) => new DriveInfo(Existing(folder)).AvailableFreeSpace;

    /// <summary>What does not fit on the disks that are there; on one disk, everything has to fit together.</summary>
    /// <param name="folder">The run's, as it was given.</param>
    /// <param name="resumed">What is in the folders is the run's already.</param>
    public IReadOnlyList<SettingError> Errors(string folder, bool resumed) =>
        Errors(folder, DiskOf, Available, held => resumed ? HeldBytes(held) : 0);

    /// <param name="diskOf">A name of the disk that a folder is on.</param>
    /// <param name="available">Free bytes of a folder's disk.</param>
    /// <param name="held">Bytes in a folder that are the run's already.</param>
    internal IReadOnlyList<SettingError> Errors(string folder, Func<string, string> diskOf, Func<string, long> available, Func<string, long> held)
    {
        if (StoreFolder is not { } store)
        {
            return [.. Error(RunFolder.Setting, folder, Run, available(folder) + held(folder))];
        }

        var isInside = !Path.GetRelativePath(folder, store).StartsWith("..", StringComparison.Ordinal);
        return diskOf(folder) == diskOf(store)
            ? [.. Error(RunFolder.Setting, folder, Run + Store, available(folder) + held(folder) + (isInside ? 0 : held(store)))]
            : [.. Error(RunFolder.Setting, folder, Run, available(folder) + held(folder)), .. Error(StoreSetting, store, Store, available(store) + held(store))];
    }

    private static IEnumerable<SettingError> Error(string setting, string folder, long needed, long available)
    {
        if (available < needed)
        {
            yield return new SettingError(setting, folder, $"needs {Mebibytes(needed)} MiB and has {Mebibytes(available)} MiB free; must be on a disk with enough space");
        }
    }

    // Tokens, weights (twice: they are replaced whole), metrics and roots.
    private static long RunBytes(RunSpec spec, long elements, bool roots) =>
        ((spec.Data.TrainTokens + spec.Data.ValidationTokens) * sizeof(ushort))
        + (2 * sizeof(float) * elements)
        + (spec.Steps * MetricsLineBytes)
        + (roots ? LeafSegments.BytesOf(spec.Steps, ModelSize.Blocks(elements, spec.BlockElements)) : 0)
        + OtherBytes;

    // Those that are kept and the one being written, or as many as there will be. What newer ones have overtaken stays for a
    // while, as long as there is room: without it a store takes no new one until they go, and no step waits for that. By
    // steps, nobody knows how many these are; by time they are counted.
    private static long CheckpointBytes(RunSpec spec, long elements, CheckpointPlan plan)
    {
        if (plan.Cadence is not { } cadence)
        {
            return 0;
        }

        var overtaken = cadence.EveryTime is { } time ? (long)Math.Ceiling(CheckpointKeeperOptions.StandardReadGrace / time) : 0;
        var taken = cadence.EverySteps is { } steps ? (spec.Steps + steps - 1) / steps : long.MaxValue;
        var each = (NumbersAParameter * sizeof(float) * elements) + CheckpointHeadBytes;
        return (Math.Min(plan.Keep + 1 + overtaken, taken) * each) + ReserveBytes;
    }

    // The longest mount point above it, wherever links lead.
    private static string DiskOf(string folder)
    {
        var existing = Existing(folder);
        var place = new DirectoryInfo(existing).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? existing;
        return DriveInfo.GetDrives().Select(drive => drive.Name)
            .Where(mount => place == mount || place.StartsWith(Path.TrimEndingDirectorySeparator(mount) + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            .MaxBy(mount => mount.Length) ?? "/";
    }

    private static string Existing(string folder)
    {
        var existing = Path.GetFullPath(folder);
        while (!Directory.Exists(existing) && Path.GetDirectoryName(existing) is { } parent)
        {
            existing = parent;
        }

        return existing;
    }

    // Nodes of a run that goes on may make and remove files meanwhile: these count as they are found.
    private static long HeldBytes(string folder) => !Directory.Exists(folder) ? 0 : new FileSystemEnumerable<long>(
        folder,
        (ref FileSystemEntry entry) => entry.Length,
        new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true, AttributesToSkip = FileAttributes.ReparsePoint })
    {
        ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory,
    }.Sum();

    private static long Mebibytes(long bytes) => (bytes + (1 << 20) - 1) >> 20;
}
