using System.Globalization;

namespace AtomGrains.Tests.Fuzz;

/// <summary>What a process takes of the machine, as the kernel counts it. Source: proc(5).</summary>
internal sealed record ProcessFootprint(long ResidentBytes, int Descriptors, int Threads)
{
    public static ProcessFootprint Of(int pid)
    {
        var status = File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/status")).Select(line => line.Split(':', 2)).ToDictionary(pair => pair[0], pair => pair[1].Trim());
        return new(
            1024 * long.Parse(status["VmRSS"].Split(' ')[0], CultureInfo.InvariantCulture),
            Directory.GetFiles(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/fd")).Length,
            int.Parse(status["Threads"], CultureInfo.InvariantCulture));
    }
}
