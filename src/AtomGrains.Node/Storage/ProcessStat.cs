using System.Globalization;

namespace AtomGrains.Node.Storage;

/// <summary>What the kernel says of a process in one line. Source: /proc/PID/stat of proc(5).</summary>
public static class ProcessStat
{
    // Places behind the name, of which the state is the first.
    public const int State = 0;
    public const int Parent = 1;
    public const int Group = 2;

    /// <summary>In clock ticks.</summary>
    public const int UserTime = 11;

    /// <inheritdoc cref="UserTime"/>
    public const int SystemTime = 12;

    /// <summary>Clock ticks from the machine's boot.</summary>
    public const int Start = 19;

    /// <summary>How it ended, as waitpid(2) has it; 0 also for who may not know.</summary>
    public const int Exit = 49;

    /// <summary>Whether it was told to stand still, as by SIGSTOP; false for none.</summary>
    public static bool IsPaused(int pid)
    {
        try
        {
            return Fields(pid)[State] is "T" or "t";
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>The fields behind the process's name.</summary>
    /// <exception cref="IOException">There is no such process.</exception>
    public static string[] Fields(int pid)
    {
        // The name in brackets may hold anything, brackets included.
        var stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"));
        return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
    }
}
