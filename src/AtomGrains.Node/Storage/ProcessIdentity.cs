using System.Globalization;

namespace AtomGrains.Node.Storage;

/// <summary>A process of this machine, told by its start from a later one that got the same id.</summary>
/// <param name="Start">The machine's boot, and clock ticks since it. Source: /proc/PID/stat of proc(5).</param>
public sealed record ProcessIdentity(int Pid, string Start)
{
    // Of a wait status: the rest says whether memory was dumped, and above it is the exit code.
    private const int HighestSignal = 127;
    private const int SignalBase = 128;

    private const string BootIdPath = "/proc/sys/kernel/random/boot_id";

    private static readonly Lazy<string> Boot = new(() => File.Exists(BootIdPath) ? File.ReadAllText(BootIdPath).Trim() : "");

    /// <summary>This process.</summary>
    public static ProcessIdentity Self => Of(Environment.ProcessId) ?? throw new InvalidOperationException("/proc does not show this process");

    /// <summary>Whether it runs or is stopped: an ended process whose parent has not taken note of it does not live.</summary>
    public bool IsAlive => Of(Pid) == this;

    /// <summary>
    /// How the process ended, the number of a signal as 128 and more, for who is not its parent: the kernel says so for as long
    /// as the parent has not asked. Null while it lives, when nothing is left of it, and when it ended with 0, which is also
    /// what a process is told that may not know.
    /// </summary>
    public int? ExitCodeLeft
    {
        get
        {
            try
            {
                var fields = ProcessStat.Fields(Pid);
                if (fields[ProcessStat.State] != "Z" || StartOf(fields) != Start)
                {
                    return null;
                }

                var status = int.Parse(fields[ProcessStat.Exit], CultureInfo.InvariantCulture);
                var signal = status & HighestSignal;
                return status == 0 ? null : signal > 0 ? SignalBase + signal : status >> 8;
            }
            catch (IOException)
            {
                return null;
            }
        }
    }

    /// <summary>Null when no such process lives.</summary>
    public static ProcessIdentity? Of(int pid)
    {
        try
        {
            var fields = ProcessStat.Fields(pid);
            return fields[ProcessStat.State] is "Z" or "X" ? null : new ProcessIdentity(pid, StartOf(fields));
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static string StartOf(string[] fields) => $"{Boot.Value} {fields[ProcessStat.Start]}";
}
