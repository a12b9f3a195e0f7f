using System.Runtime.InteropServices;

namespace AtomGrains.Bench;

/// <summary>What a figure was measured on.</summary>
internal static class Machine
{
    public static string Describe()
    {
        var model = File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim();
        return $"{Environment.ProcessorCount} × {model ?? "unknown processor"}, {RuntimeInformation.OSDescription}, .NET {Environment.Version}; {Load}";
    }

    /// <summary>Neighbours on the machine lengthen every duration: the load is part of each figure.</summary>
    public static string Load => $"load {File.ReadAllText("/proc/loadavg").Split(' ')[0]}";
}
