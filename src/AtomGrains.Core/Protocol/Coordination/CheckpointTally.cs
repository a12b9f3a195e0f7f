using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Core.Runs;

namespace AtomGrains.Core.Protocol.Coordination;

/// <summary>
/// The slices of one lineage's checkpoints that are in the store, until a manifest holds them. Slices of one step are
/// equal whoever wrote them, so a checkpoint that one primary began another one may complete.
/// </summary>
internal sealed class CheckpointTally(RunSpec spec, ProtocolRules rules)
{
    // What is older than these was lost on the way, or has a manifest.
    private const int MostUnfinished = 2;

    private readonly SortedDictionary<long, SortedDictionary<PartitionId, StoredSlice>> _stored = [];

    /// <summary>The newest step that has a manifest.</summary>
    public long? Completed { get; private set; }

    public void Clear()
    {
        _stored.Clear();
        Completed = null;
    }

    /// <summary>Takes up a slice; the whole checkpoint's manifest when it was the last one missing.</summary>
    public CheckpointManifest? Add(SliceStored stored, Generation generation)
    {
        var step = rules.CheckpointOf(stored.Before);
        if (step <= Completed)
        {
            return null;
        }

        if (!_stored.TryGetValue(step, out var slices))
        {
            _stored[step] = slices = [];
        }

        slices[stored.Slice.Partition] = stored.Slice;
        var manifest = rules.MayWriteManifest(slices.Count, spec.Partitions) ? ManifestOf(step, stored.Before, generation, slices.Values) : null;
        while (_stored.Count > MostUnfinished)
        {
            _stored.Remove(_stored.Keys.First());
        }

        return manifest;
    }

    public void Complete(long step)
    {
        Completed = step;
        foreach (var old in _stored.Keys.Where(other => other <= step).ToList())
        {
            _stored.Remove(old);
        }
    }

    private CheckpointManifest ManifestOf(long step, Decision before, Generation generation, IEnumerable<StoredSlice> slices) => new()
    {
        Lineage = before.Lineage,
        Step = step,
        Generation = generation,
        DataPosition = rules.DataPosition(step, spec.GlobalBatch),
        OptimizerCount = before.OptimizerCount,
        SkipsInRow = before.SkipsInRow,
        Spec = spec,
        Slices = [.. slices],
    };
}
