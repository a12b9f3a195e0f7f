using AtomGrains.Chaos.Plans;
using AtomGrains.Chaos.Runs;
using AtomGrains.Local.Audit;
using AtomGrains.Node.Storage;

namespace AtomGrains.Chaos.Checks;

/// <summary>
/// The invariants of a run that is complete, as far as they show in its files:
/// <list type="table">
/// <item><term>I1</term><description>the audit of metrics, ledger and register: every sample exactly once an epoch.</description></item>
/// <item><term>I2</term><description>does not show outside, but by bits that differ (I5); the simulator counts contributions.</description></item>
/// <item><term>I3</term><description>steps rise by one within each lineage, given-up ones included.</description></item>
/// <item><term>I4</term><description>no line of a mismatch of two copies, and the roots of I5. Copies are compared inside, at every version.</description></item>
/// <item><term>I5</term><description>the loss, the gradient norm and the root of every step, the weights' file, their hash and the validation loss equal those of the undisturbed run, bit for bit; of steps that were given up as well.</description></item>
/// <item><term>I6</term><description>does not show outside, but by I5 and I8; the simulator sees what is accepted.</description></item>
/// <item><term>I7</term><description>every view of the register has all lanes, each with an owner that is a member.</description></item>
/// <item><term>I8</term><description>generations of the register run from 1 without a hole or a repetition, its lineages never go back, and no step of a lineage stands twice with other bits.</description></item>
/// <item><term>I9</term><description>shows by I1 and I5 after a resume: other samples or seeds make other losses.</description></item>
/// <item><term>I10</term><description>by <see cref="PlanRunner"/>: a step within its bound, and an end.</description></item>
/// <item><term>I11</term><description>a line of the ledger for each process that was struck, none open, none torn; the report counts the same.</description></item>
/// <item><term>I12</term><description>peak memory of the largest process against the undisturbed run's, descriptors against a bound; by <see cref="LeftoverCheck"/>: processes, locks and files that are left.</description></item>
/// </list>
/// </summary>
/// <param name="calm">The undisturbed run of the same spec.</param>
/// <param name="struck">What happened to this one.</param>
/// <param name="descriptors">The most that one process has held.</param>
internal sealed class InvariantCheck(ChaosPlan plan, RunFacts calm, RunFacts run, IReadOnlyList<StruckFault> struck, int descriptors)
{
    // Loose: a copy of every partition for each replica that is filled, and what a collector has not given back yet.
    private const double MostMemory = 1.5;
    private const long MemoryAllowance = 150L << 20;

    // A world of seven processes, each connected to each other both ways, several times over.
    private const int MostDescriptors = 400;

    public IEnumerable<string> Violations() =>
        [.. Samples(), .. Order(), .. Copies(), .. Bits(), .. Views(), .. Ledger(), .. Resources()];

    private IEnumerable<string> Samples()
    {
        if (RunAudit.Of(run.Folder, run.Record, _ => { }).Wrong is { } wrong)
        {
            yield return $"I1: {wrong}";
        }
    }

    private IEnumerable<string> Order() => run.Lines.Concat(run.GivenUp).GroupBy(line => line.Lineage)
        .Select(lineage => (lineage.Key, Steps: lineage.Select(line => line.Step).Order().ToList()))
        .Where(lineage => lineage.Steps.Zip(lineage.Steps.Skip(1)).Any(pair => pair.Second != pair.First + 1))
        .Select(lineage => $"I3: the steps of lineage {lineage.Key} do not rise by one");

    private IEnumerable<string> Copies() => run.Ledger.Lines.Where(line => line.Kind == FaultLedger.Mismatch)
        .Select(line => $"I4: at step {line.Step} {line.Who} differ in {line.Detail}");

    private IEnumerable<string> Bits()
    {
        if (run.Lines.Count != calm.Lines.Count)
        {
            yield return $"I5: {run.Lines.Count} steps, the undisturbed run has {calm.Lines.Count}";
            yield break;
        }

        foreach (var line in run.Lines.Concat(run.GivenUp).Where(line => line.Step < calm.Lines.Count))
        {
            var other = calm.Lines[(int)line.Step];
            if (line.LossBits != other.LossBits || line.GradNorm != other.GradNorm || line.Lr != other.Lr || line.Skipped != other.Skipped || (line.Root is not null && line.Root != other.Root))
            {
                yield return $"I5: step {line.Step} of lineage {line.Lineage} has loss {line.LossBits}, norm {line.GradNorm}, root {line.Root}; undisturbed {other.LossBits}, {other.GradNorm}, {other.Root}";
                yield break;
            }
        }

        if (run.Lines[^1].Root is null)
        {
            yield return "I5: the last step has no root";
        }

        if (run.WeightsFileHash != calm.WeightsFileHash || run.Report?.WeightsSha256 != calm.Report?.WeightsSha256 || run.Report?.ValLoss != calm.Report?.ValLoss)
        {
            yield return $"I5: the weights are {run.Report?.WeightsSha256} with validation loss {run.Report?.ValLoss}; undisturbed {calm.Report?.WeightsSha256} with {calm.Report?.ValLoss}";
        }
    }

    private IEnumerable<string> Views()
    {
        var generations = run.Views.Select(entry => entry.Generation.Value).ToList();
        if (!generations.SequenceEqual(Enumerable.Range(1, generations.Count).Select(number => (long)number)) || run.Views.Any(entry => entry.View.Generation != entry.Generation))
        {
            yield return $"I8: the register holds the generations {string.Join(' ', generations)}";
        }

        if (run.Views.Zip(run.Views.Skip(1)).Any(pair => pair.Second.View.Lineage.Began.Value < pair.First.View.Lineage.Began.Value))
        {
            yield return $"I8: the register goes back to an older lineage: {string.Join(' ', run.Views.Select(entry => entry.View.Lineage.Began.Value))}";
        }

        if (run.Lines.Concat(run.GivenUp).GroupBy(line => (line.Lineage, line.Step)).FirstOrDefault(lines => lines.DistinctBy(line => line.LossBits).Count() > 1) is { } twice)
        {
            yield return $"I8: step {twice.Key.Step} of lineage {twice.Key.Lineage} stands there with two losses";
        }

        if (run.Views.FirstOrDefault(entry => entry.View.LaneOwners.Length != plan.Spec.Lanes || entry.View.LaneOwners.Any(owner => !entry.View.IsMember(owner))) is { View: not null } wrong)
        {
            yield return $"I7: the view of {wrong.Generation} has {wrong.View.LaneOwners.Length} lanes, or one of somebody who is no member";
        }
    }

    private IEnumerable<string> Ledger()
    {
        var lines = run.Ledger.Lines;
        foreach (var fault in struck.Where(fault => fault is { Who: not null, IsCutShort: false, IsOverlooked: false }))
        {
            var allowed = struck.Where(other => other.Who == fault.Who).SelectMany(other => ChaosKinds.LedgerKindsOf(other.Strike.Kind)).Append(FaultLedger.UnknownEnd);
            var told = lines.Where(line => line.Who == fault.Who).ToList();
            if (!told.Exists(line => allowed.Contains(line.Kind)))
            {
                yield return $"I11: the ledger has no line of {fault}; of {fault.Who} it has {(told.Count == 0 ? "none" : string.Join(", ", told.Select(line => line.Kind)))}";
            }
        }

        foreach (var scale in struck.Where(fault => fault.Strike.Kind == ChaosKind.Scale).Where(fault => !lines.Any(line => line.Kind == "scale" && line.Who == $"to {fault.Strike.Workers} workers")))
        {
            yield return $"I11: the ledger has no line of {scale}";
        }

        if (run.Ledger.Open.Count > 0 || run.Ledger.TornBytes > 0)
        {
            yield return $"I11: of {run.Ledger.Open.Count} losses the ledger has no line, and {run.Ledger.TornBytes} bytes of a torn one: {string.Join(", ", run.Ledger.Open.Select(line => line.Who))}";
        }

        var recoveries = lines.Count(FaultLedger.IsRecovery);
        if (run.Report is { } report && report.Faults != recoveries)
        {
            yield return $"I11: the report counts {report.Faults} faults, the ledger has {recoveries}";
        }
    }

    private IEnumerable<string> Resources()
    {
        foreach (var (role, peak) in run.Report?.PeakRssBytes ?? new Dictionary<string, long>())
        {
            var bound = (long)(calm.Report!.PeakRssBytes[role] * MostMemory) + MemoryAllowance;
            if (peak > bound)
            {
                yield return $"I12: a {role} took {peak >> 20} MiB, the bound is {bound >> 20}";
            }
        }

        if (descriptors > MostDescriptors)
        {
            yield return $"I12: a process held {descriptors} descriptors, the bound is {MostDescriptors}";
        }
    }
}
