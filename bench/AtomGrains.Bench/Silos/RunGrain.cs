using System.Globalization;
using AtomGrains.Bench.Runs;

namespace AtomGrains.Bench.Silos;

/// <summary>What the logs of silos say of a run's coordinator.</summary>
internal static class RunGrain
{
    /// <summary>The process in which the newest activation lives.</summary>
    public static int Process(TrainRun run) =>
        int.Parse(Lines(run, "coordinator is active on").Order(StringComparer.Ordinal).Last().Split(' ')[^1], CultureInfo.InvariantCulture);

    private static IEnumerable<string> Lines(TrainRun run, string text) =>
        Directory.EnumerateFiles(Path.Combine(run.Folder, "logs"), "silo-*.log").SelectMany(Read).Where(line => line.Contains(text, StringComparison.Ordinal));

    private static string[] Read(string path)
    {
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd().Split('\n');
    }
}
