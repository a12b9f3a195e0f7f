using AtomGrains.Chaos.Machine;
using AtomGrains.Chaos.Plans;
using AtomGrains.Chaos.Runs;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Storage.Checkpoints;

namespace AtomGrains.Chaos.Checks;

/// <summary>
/// A manifest that exists is complete, whatever happened to the store while it was written; a store that was away has
/// checkpoints again; what was broken was named (DESIGN section 7); and what orphaned nodes left was gone on from.
/// </summary>
internal sealed class StoreCheck(ChaosPlan plan, PlanStore store, Injector injector, LiveRun run)
{
    // The first may have been begun while the store was away, and the last not be finished before the run.
    private const int EnoughCheckpoints = 3;

    // A decision that every node has applied leads to what they leave; before that they hold the seeded beginning.
    private const int EnoughSteps = 2;

    // Silos have their coordinator, and may come to the end within their grace.
    private static readonly string[] WhatNodesLeft = ["is whole in what the nodes left", "had brought it to its end"];

    // A run goes on for a moment while its end is brought about.
    private const int StepsOfAStrike = 10;

    /// <summary>Resumes that had to go on from what the nodes left: no other fault was near that could have taken a part of it.</summary>
    public IReadOnlyList<StruckFault> Orphanings =>
    [
        .. injector.Struck.Where(fault => fault.Strike.Kind == ChaosKind.Orphans && fault.Committed >= EnoughSteps)
            .Where(fault => plan.Strikes.All(other => other == fault.Strike || other.Step > fault.Committed + StepsOfAStrike)),
    ];

    public IEnumerable<string> Violations()
    {
        if (injector.Torn is { } torn && !run.Output.Contains(torn, StringComparison.Ordinal))
        {
            yield return $"I11: {torn} was broken, and the run did not say so";
        }

        foreach (var orphaning in Orphanings.Where(_ => !WhatNodesLeft.Any(words => run.Output.Contains(words, StringComparison.Ordinal))))
        {
            yield return $"I10: nodes ended without a coordinator after {orphaning}, and the resume did not go on from what they left";
        }

        var record = RunRecord.Read(run.Folder)!;
        var checkpoints = new CheckpointStore(store.Open());
        var all = checkpoints.List();
        foreach (var checkpoint in all)
        {
            if (checkpoints.Verify(checkpoint, record.Elements!.Value, out _) is { } fault && fault.Object != injector.Torn)
            {
                yield return $"I9: the checkpoint of {checkpoint} is not whole: {fault}";
            }
        }

        // To Azure, what failed is tried again after seconds, which may be longer than the run.
        foreach (var outage in injector.Struck.Where(fault => fault.HealedAt < plan.Spec.Steps - (EnoughCheckpoints * plan.CheckpointEvery) && plan.Store != ChaosStore.Azurite))
        {
            if (!all.Any(checkpoint => checkpoint.Step > outage.HealedAt))
            {
                yield return $"I10: no checkpoint was completed after {outage.Strike}, which was over at step {outage.HealedAt}";
            }
        }
    }
}
