using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol;

namespace AtomGrains.Simulator;

/// <summary>
/// The part of the invariants that concerns checkpoints and the histories that begin from them (I1, I5, I9, Records): it
/// knows which steps survive without asking the rules.
/// </summary>
internal sealed class CheckpointChecker(int globalBatch)
{
    private readonly SortedDictionary<Generation, LineageOrigin?> _lineages = [];
    private readonly Dictionary<CheckpointId, long> _commits = [];

    /// <summary>The first step of a lineage.</summary>
    public long Begins(Lineage lineage) => _lineages.GetValueOrDefault(lineage.Began)?.Checkpoint.Step ?? 0;

    public LineageOrigin? OriginOf(Lineage lineage) => _lineages.GetValueOrDefault(lineage.Began);

    /// <summary>A lineage and those that it came from, the newest first, each with the step after its last one that survives.</summary>
    public IEnumerable<(Lineage Lineage, long End)> Surviving(Lineage newest)
    {
        var end = long.MaxValue;
        for (Lineage? lineage = newest; lineage is { } at;)
        {
            yield return (at, end);
            var origin = OriginOf(at);
            (lineage, end) = (origin?.Checkpoint.Lineage, Math.Min(end, origin?.Checkpoint.Step ?? 0));
        }
    }

    /// <summary>I1, I9: a new lineage begins from a step of the history before it, with the counts of that step.</summary>
    public void Recorded(View view)
    {
        if (_lineages.TryGetValue(view.Lineage.Began, out var known))
        {
            InvariantChecker.Require(known == view.Origin, $"R1: {view.Lineage} began from {known?.Checkpoint} and is said to have begun from {view.Origin?.Checkpoint}");
            return;
        }

        if (view.Origin is { Checkpoint: var from } origin)
        {
            var before = new Lineage(_lineages.Last().Key);
            InvariantChecker.Require(
                Surviving(before).Any(part => part.Lineage == from.Lineage && from.Step <= part.End),
                $"Records: {view.Lineage} begins from {from}, which {before} had given up");
            InvariantChecker.Require(
                origin.OptimizerCount == _commits.GetValueOrDefault(from),
                $"I9: {view.Lineage} counts {origin.OptimizerCount} updates before {from}, there were {_commits.GetValueOrDefault(from)}");
        }

        _lineages[view.Lineage.Began] = view.Origin;
    }

    public void Decided(Decision decision) => _commits[new CheckpointId(decision.Lineage, decision.Step + 1)] = decision.OptimizerCount;

    /// <summary>Records, I9: a manifest names objects that are there, all of its own step, and that step's position in the data.</summary>
    public void Written(CheckpointManifest manifest, SimulatedStore store)
    {
        var covered = 0;
        foreach (var slice in manifest.Slices)
        {
            var found = store.Find(slice.Object);
            InvariantChecker.Require(found is not null, $"Records: the manifest of {manifest.Id} names {slice.Object}, which is not in the store");
            InvariantChecker.Require(found!.Version == manifest.Id, $"Records: the manifest of {manifest.Id} names a slice of {found.Version}");
            covered += found.Range.Elements;
        }

        InvariantChecker.Require(covered == Simulation.Parameters.Elements, $"Records: the manifest of {manifest.Id} was written before all of its objects");
        InvariantChecker.Require(manifest.DataPosition == manifest.Step * globalBatch, $"I9: the manifest of {manifest.Id} goes on with sample {manifest.DataPosition}");
    }

    /// <summary>Records: what the newest lineage came from stays until it has a checkpoint of its own.</summary>
    public void Collected(IReadOnlyList<CheckpointId> gone, SimulatedStore store)
    {
        if (_lineages.Count == 0 || _lineages.Last() is not { Key: var began, Value.Checkpoint: var origin })
        {
            return;
        }

        InvariantChecker.Require(
            !gone.Contains(origin) || store.Manifests.Any(manifest => manifest.Lineage.Began == began && store.IsWhole(manifest)),
            $"Records: {origin} is gone, from which {new Lineage(began)} came, which has no checkpoint of its own");
    }
}
