using System.Text.Json;

namespace AtomGrains.Node.Storage;

/// <summary>
/// What is left of <c>metrics.jsonl</c> once its run is over: one line for each step of the history that survived. Lines
/// of steps that were given up by a rollback or a resume go to a file beside it.
/// </summary>
public static class SurvivingMetrics
{
    public const string GivenUpFileName = "metrics-given-up.jsonl";

    /// <summary>Sorts the lines of a run that nobody writes any more; harmless when done again.</summary>
    public static void Merge(string folder)
    {
        var path = Path.Combine(folder, RunFolder.MetricsFileName);
        if (!File.Exists(path))
        {
            return;
        }

        if (!GoesBack(path))
        {
            return;
        }

        var (surviving, givenUp) = Sort(JsonLines.Read(path, StorageJson.Default.MetricsLine));

        // In this order: a line that is in both files for a moment is lost in none.
        var beside = Path.Combine(folder, GivenUpFileName);
        var before = File.Exists(beside) ? JsonLines.Read(beside, StorageJson.Default.MetricsLine) : [];
        Write(beside, before.Concat(givenUp).DistinctBy(line => (line.Lineage, line.Step)));
        Write(path, surviving);
    }

    // Line by line: a run may have more of them than memory, and seldom goes back.
    private static bool GoesBack(string path)
    {
        var last = -1L;
        foreach (var line in JsonLines.Stream(path, StorageJson.Default.MetricsLine))
        {
            if (line.Step <= last)
            {
                return true;
            }

            last = line.Step;
        }

        return false;
    }

    /// <summary>A lineage goes on from the step of its first line: what others had from there on is given up.</summary>
    internal static (List<MetricsLine> Surviving, List<MetricsLine> GivenUp) Sort(IEnumerable<MetricsLine> lines)
    {
        var (surviving, givenUp) = (new List<MetricsLine>(), new List<MetricsLine>());
        foreach (var line in lines)
        {
            if (surviving.Count > 0 && surviving[^1].Step >= line.Step)
            {
                var from = surviving.FindIndex(other => other.Step >= line.Step);
                givenUp.AddRange(surviving[from..]);
                surviving.RemoveRange(from, surviving.Count - from);
            }

            surviving.Add(line);
        }

        return (surviving, givenUp);
    }

    private static void Write(string path, IEnumerable<MetricsLine> lines) => DurableFile.Write(path, stream =>
    {
        foreach (var line in lines)
        {
            JsonSerializer.Serialize(stream, line, StorageJson.Default.MetricsLine);
            stream.WriteByte((byte)'\n');
        }
    });
}
