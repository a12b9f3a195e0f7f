using System.Globalization;

namespace AtomGrains.Bench.Runs;

/// <summary>What a living process holds. Source: proc(5).</summary>
internal readonly record struct ProcessMemory(double Megabytes, int Descriptors)
{
    private const double KibibytesPerMegabyte = 1e6 / 1024;

    public static ProcessMemory Of(int pid)
    {
        var resident = File.ReadLines($"/proc/{pid}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return new ProcessMemory(
            long.Parse(resident[6..^2].Trim(), CultureInfo.InvariantCulture) / KibibytesPerMegabyte,
            Directory.EnumerateFileSystemEntries($"/proc/{pid}/fd").Count());
    }
}
