using AtomGrains.Node.Storage;

namespace AtomGrains.Node.Checkpoints;

/// <summary>What a coordinator's store work needs to know of the run.</summary>
public sealed record CheckpointKeeperOptions
{
    /// <summary>Long enough to read a large slice over a slow network.</summary>
    public static readonly TimeSpan StandardReadGrace = TimeSpan.FromMinutes(1);

    /// <summary>Checkpoints that are kept.</summary>
    public required int Keep { get; init; }

    /// <summary>Length of the flat vector.</summary>
    public required int Elements { get; init; }

    public required string BitsClass { get; init; }

    /// <summary>Bytes of the fault ledger now.</summary>
    public required Func<long> LedgerPosition { get; init; }

    /// <summary>Brings the lines of the steps decided so far to the disk.</summary>
    public required Action SyncMetrics { get; init; }

    /// <summary>How long slices outlive their manifest: who reads them now may have read that before.</summary>
    public TimeSpan ReadGrace { get; init; } = StandardReadGrace;

    /// <summary>Age beyond which something half-written has nobody who writes it.</summary>
    public TimeSpan WriteGrace { get; init; } = TimeSpan.FromHours(1);

    /// <summary>For the run in a folder.</summary>
    public static CheckpointKeeperOptions For(string folder, string bitsClass, int elements, int keep)
    {
        var faults = new FileInfo(Path.Combine(folder, RunFolder.FaultsFileName));
        return new CheckpointKeeperOptions
        {
            Keep = keep,
            Elements = elements,
            BitsClass = bitsClass,
            LedgerPosition = () =>
            {
                faults.Refresh();
                return faults.Exists ? faults.Length : 0;
            },
            SyncMetrics = () =>
            {
                using var metrics = File.OpenHandle(Path.Combine(folder, RunFolder.MetricsFileName), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
                RandomAccess.FlushToDisk(metrics);
            },
        };
    }
}
