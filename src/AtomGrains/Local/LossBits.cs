using AtomGrains.Node.Storage;

namespace AtomGrains.Local;

/// <summary>The loss of every step of a run's surviving history, as bits.</summary>
public static class LossBits
{
    /// <returns>By step, 16 hexadecimal digits each; a step that a rollback repeated counts as it was last.</returns>
    public static SortedDictionary<long, string> Read(string runFolder)
    {
        var losses = new SortedDictionary<long, string>();
        foreach (var line in JsonLines.Read(Path.Combine(runFolder, RunFolder.MetricsFileName), StorageJson.Default.MetricsLine))
        {
            losses[line.Step] = line.LossBits;
        }

        return losses;
    }
}
