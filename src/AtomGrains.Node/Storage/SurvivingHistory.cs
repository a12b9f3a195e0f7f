namespace AtomGrains.Node.Storage;

/// <summary>The steps of a run that count: those of the newest history, and of the one that it continues up to where it began.</summary>
public sealed class SurvivingHistory
{
    private readonly SortedDictionary<long, MetricsLine> _lines = [];

    private SurvivingHistory()
    {
    }

    /// <summary>By step; without a hole when the folder is whole.</summary>
    public IReadOnlyDictionary<long, MetricsLine> Lines => _lines;

    /// <summary>One less than the steps that are there, when there is no hole; -1 when there are none.</summary>
    public long LastStep => _lines.Count == 0 ? -1 : _lines.Keys.Last();

    /// <exception cref="InvalidDataException">A whole line is not a metrics line.</exception>
    public static SurvivingHistory Read(string folder)
    {
        var path = Path.Combine(folder, RunFolder.MetricsFileName);
        return Of(File.Exists(path) ? JsonLines.Read(path, StorageJson.Default.MetricsLine) : []);
    }

    /// <param name="lines">As they were written.</param>
    public static SurvivingHistory Of(IEnumerable<MetricsLine> lines)
    {
        var history = new SurvivingHistory();
        long? lineage = null;
        foreach (var line in lines)
        {
            if (line.Lineage != lineage)
            {
                // A history that begins at a step makes that step and what came after it void.
                lineage = line.Lineage;
                foreach (var step in history._lines.Keys.Where(step => step >= line.Step).ToList())
                {
                    history._lines.Remove(step);
                }
            }

            history._lines[line.Step] = line;
        }

        return history;
    }
}
