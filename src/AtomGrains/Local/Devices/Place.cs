namespace AtomGrains.Local.Devices;

/// <summary>What is remembered of one place for a worker: its number and its device.</summary>
internal sealed class Place
{
    /// <summary>Failures of the device that are not forgotten yet.</summary>
    public int DeviceFailures { get; set; }

    /// <summary>Processes in a row that failed, or were fenced, soon after their start.</summary>
    public int ShortLives { get; set; }

    /// <summary>No process starts here before that.</summary>
    public DateTimeOffset NotBefore { get; set; }

    /// <summary>A process in which the device failed has ended here, and no check has passed since.</summary>
    public bool NeedsCheck { get; set; }

    /// <summary>It computes wrong bits, which no check of its own would show.</summary>
    public bool IsCondemned { get; set; }

    public bool IsChecking { get; set; }

    /// <summary>What was wrong the last time.</summary>
    public string? LastFailure { get; set; }
}
