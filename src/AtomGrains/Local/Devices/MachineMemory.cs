using System.Globalization;

namespace AtomGrains.Local.Devices;

/// <summary>
/// The memory of the machine, or what a control group of this process may have of it where that is less. The runtime's own
/// figure will not do: in a group with a limit it is what its heap may take, three quarters of it.
/// </summary>
internal static class MachineMemory
{
    /// <returns>Bytes; null where the system does not say.</returns>
    public static long? Bytes(string proc = "/proc", string groups = "/sys/fs/cgroup")
    {
        var limits = Lines(Path.Combine(proc, "self/cgroup")).SelectMany(line => LimitsOf(line, groups));
        return Lines(Path.Combine(proc, "meminfo")).Where(line => line.StartsWith("MemTotal:", StringComparison.Ordinal))
            .Select(line => Number(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) * 1024)
            .Concat(limits).Min();
    }

    // A line is NUMBER:CONTROLLERS:PATH, without controllers where all of them are in one hierarchy. A group has no more than
    // those above it. In a container its own may be shown as the root, under whatever path it is named.
    private static IEnumerable<long?> LimitsOf(string line, string groups)
    {
        var fields = line.Split(':', 3);
        if (fields is not [_, var controllers, var path] || (controllers.Length > 0 && !controllers.Split(',').Contains("memory")))
        {
            yield break;
        }

        var (root, file) = controllers.Length == 0 ? (groups, "memory.max") : (Path.Combine(groups, "memory"), "memory.limit_in_bytes");
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        for (var depth = parts.Length; depth >= 0; depth--)
        {
            // "max" is no number, and no limit.
            yield return Lines(Path.Combine([root, .. parts[..depth], file])).Select(Number).FirstOrDefault();
        }
    }

    private static long? Number(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string[] Lines(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllLines(path) : [];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // A group that is gone, or is not shown to this process.
            return [];
        }
    }
}
