using System.Diagnostics;
using System.Globalization;

namespace AtomGrains.Node.Telemetry;

/// <summary>
/// When this process started, for the pages of all hosts: alerts tell a crash loop by it. The one name that is not ours:
/// every Prometheus library has it.
/// </summary>
public static class ProcessStart
{
    public const string Name = "process_start_time_seconds";

    /// <summary>Its family in the Prometheus text format.</summary>
    public static string Text { get; } = string.Create(
        CultureInfo.InvariantCulture, $"# HELP {Name} When this process started, in seconds since 1970.\n# TYPE {Name} gauge\n{Name} {Seconds()}\n");

    private static double Seconds()
    {
        using var self = Process.GetCurrentProcess();
        return (self.StartTime.ToUniversalTime() - DateTime.UnixEpoch).TotalSeconds;
    }
}
