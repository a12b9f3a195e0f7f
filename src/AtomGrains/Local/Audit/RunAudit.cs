using AtomGrains.Core.Data;
using AtomGrains.Core.Membership;
using AtomGrains.Node.Checkpoints;
using AtomGrains.Node.Storage;

namespace AtomGrains.Local.Audit;

/// <summary>
/// Proves from what a run has written that every sample index of every epoch was committed exactly once on the surviving
/// history, or stands in one record of a skip. Every line of the metrics has to be of a view in the register and of its
/// lineage, and the metrics and the ledger have to tell of the same skips. Reads as a stream; keeps a bit a sample.
/// </summary>
internal static class RunAudit
{
    /// <param name="epochs">Is given each whole epoch, in order.</param>
    /// <exception cref="InvalidDataException">A file holds something else.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static AuditResult Of(string folder, RunRecord record, Action<EpochAudit> epochs)
    {
        var metrics = Path.Combine(folder, RunFolder.MetricsFileName);
        var history = new SurvivingHistory();
        var known = 0L;
        foreach (var line in Lines(metrics))
        {
            history.Add(line);
            known++;
        }

        var audit = new CommitAudit(record.Spec);
        var (lineages, skips) = (LineagesOfViews(folder), Skips(folder));
        var (number, voided) = (0L, 0L);
        string? wrong = null;
        foreach (var line in Lines(metrics))
        {
            // A run that goes on has more by now: of those it is not known here which survive, and of which views they are.
            if (number++ == known)
            {
                break;
            }

            wrong = Disagreement(line, lineages);
            if (wrong is null && !history.Survives(line))
            {
                voided++;
                skips.Remove((line.Step, line.Lineage));
                continue;
            }

            wrong ??= audit.Add(line.Step, line.Skipped, epochs) ?? MisnamedSkip(line, skips);
            if (wrong is not null)
            {
                wrong = $"{RunFolder.MetricsFileName}, line {number}: {wrong}";
                break;
            }
        }

        wrong ??= Rest(record, audit, history, skips);
        return new AuditResult(wrong, audit.NextStep, voided, history.Lineages.Count, audit.Open);
    }

    private static IEnumerable<MetricsLine> Lines(string metrics) =>
        File.Exists(metrics) ? JsonLines.Stream(metrics, StorageJson.Default.MetricsLine) : [];

    private static Dictionary<long, long> LineagesOfViews(string folder)
    {
        var register = new FileRegister(folder);
        return register.Generations().ToDictionary(
            generation => generation.Value,
            generation => RegisterHistory.ViewOf(register, generation).Lineage.Began.Value);
    }

    // How often each step of each lineage is named as skipped.
    private static Dictionary<(long Step, long Lineage), int> Skips(string folder)
    {
        var path = Path.Combine(folder, RunFolder.FaultsFileName);
        return (File.Exists(path) ? JsonLines.Stream(path, StorageJson.Default.FaultLine) : [])
            .Where(line => line.Kind == FaultLedger.SkipKind)
            .CountBy(line => (line.Step, FaultLedger.LineageOf(line)))
            .ToDictionary();
    }

    private static string? Disagreement(MetricsLine line, Dictionary<long, long> lineages) =>
        !lineages.TryGetValue(line.Generation, out var lineage) ? $"step {line.Step} is of generation {line.Generation}, which is not in the register"
        : lineage != line.Lineage ? $"step {line.Step} is of lineage {line.Lineage}, and generation {line.Generation} is of lineage {lineage} in the register"
        : null;

    private static string? MisnamedSkip(MetricsLine line, Dictionary<(long Step, long Lineage), int> skips)
    {
        skips.Remove((line.Step, line.Lineage), out var named);
        return named == (line.Skipped ? 1 : 0) ? null
            : line.Skipped ? $"step {line.Step} was skipped and stands {named} times in {RunFolder.FaultsFileName} as such"
            : $"step {line.Step} was committed, and {RunFolder.FaultsFileName} says that it was skipped";
    }

    private static string? Rest(RunRecord record, CommitAudit audit, SurvivingHistory history, Dictionary<(long Step, long Lineage), int> skips)
    {
        if (record.Finished is not null && audit.NextStep != record.Spec.Steps)
        {
            return $"the run is finished, and step {audit.NextStep} of {record.Spec.Steps} is missing";
        }

        // A coordinator may have died between the ledger's line and that of the metrics, and its step is still to come,
        // or its lineage was given up.
        var newest = history.Lineages.Count == 0 ? 0 : history.Lineages[^1].Lineage;
        var left = skips.Keys.Where(skip => skip.Lineage == newest && skip.Step < audit.NextStep).ToList();
        return left.Count == 0 ? null : $"{RunFolder.FaultsFileName} says that step {left[0].Step} of lineage {newest} was skipped, and {RunFolder.MetricsFileName} has no such step";
    }
}
