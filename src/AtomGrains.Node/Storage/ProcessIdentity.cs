namespace AtomGrains.Node.Storage;

/// <summary>A process of this machine, told by its start from a later one that got the same id.</summary>
/// <param name="Start">The machine's boot, and clock ticks since it. Source: /proc/PID/stat of proc(5).</param>
public sealed record ProcessIdentity(int Pid, string Start)
{
    private const string BootIdPath = "/proc/sys/kernel/random/boot_id";

    private static readonly Lazy<string> Boot = new(() => File.Exists(BootIdPath) ? File.ReadAllText(BootIdPath).Trim() : "");

    /// <summary>This process.</summary>
    public static ProcessIdentity Self => Of(Environment.ProcessId) ?? throw new InvalidOperationException("/proc does not show this process");

    /// <summary>Whether it runs or is stopped: an ended process whose parent has not taken note of it does not live.</summary>
    public bool IsAlive => Of(Pid) == this;

    /// <summary>Null when no such process lives.</summary>
    public static ProcessIdentity? Of(int pid)
    {
        try
        {
            var fields = ProcessStat.Fields(pid);
            return fields[ProcessStat.State] is "Z" or "X" ? null : new ProcessIdentity(pid, $"{Boot.Value} {fields[ProcessStat.Start]}");
        }
        catch (IOException)
        {
            return null;
        }
    }
}
