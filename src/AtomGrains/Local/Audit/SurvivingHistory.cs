using AtomGrains.Node.Storage;

namespace AtomGrains.Local.Audit;

/// <summary>
/// Which of the steps in a run's metrics are of the history that its weights come from: a lineage that began at a step
/// voids that step and all later ones of the lineages before it. As large as there are lineages.
/// </summary>
internal sealed class SurvivingHistory
{
    private readonly List<(long Lineage, long First)> _lineages = [];

    /// <summary>Lineages, oldest first, with the first step that each of them decided.</summary>
    public IReadOnlyList<(long Lineage, long First)> Lineages => _lineages;

    /// <summary>Takes a line of the metrics, in their order.</summary>
    public void Add(MetricsLine line)
    {
        if (_lineages.TrueForAll(known => known.Lineage != line.Lineage))
        {
            _lineages.Add((line.Lineage, line.Step));
        }
    }

    public bool Survives(MetricsLine line) =>
        _lineages.SkipWhile(known => known.Lineage != line.Lineage).Skip(1).All(later => line.Step < later.First);
}
