namespace AtomGrains.Local.Devices;

/// <summary>What is remembered of one place for a worker: its number and its device.</summary>
internal sealed class Place
{
    /// <summary>Processes in a row that failed, or were fenced, soon after their start.</summary>
    public int ShortLives { get; set; }

    /// <summary>No process starts here before that.</summary>
    public DateTimeOffset NotBefore { get; set; }

    /// <summary>It computes wrong bits, which no check of its own would show.</summary>
    public bool IsCondemned => Condemnation is not null;

    /// <summary>Why, or null.</summary>
    public string? Condemnation { get; set; }

    public bool IsChecking { get; set; }
}
