using AtomGrains.Grains.Wire;

namespace AtomGrains.Grains.Runs;

/// <summary>A run of the catalog.</summary>
/// <param name="DeviceKind">Of its spec.</param>
/// <param name="Job">Of its spec.</param>
/// <param name="Devices">Workers and spares that it wants as long as it wants any.</param>
public sealed record RunEntry(RunSummary Summary, string DeviceKind, string Job, int Devices)
{
    public const string Waiting = "waiting";
    public const string Running = "running";
    public const string Paused = "paused";
    public const string Finished = "finished";
    public const string Stopped = "stopped";

    /// <summary>Whether it has a use for devices.</summary>
    public bool WantsDevices => Summary.State is Waiting or Running;
}
