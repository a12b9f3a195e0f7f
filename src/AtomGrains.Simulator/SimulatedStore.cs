using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Partitions;

namespace AtomGrains.Simulator;

/// <summary>
/// The run's store: objects that are there or not, and manifests that are created only if absent. It can be away for a
/// while, and lose bits of what it holds. It remembers what each object truly is, which no machine is told.
/// </summary>
internal sealed class SimulatedStore(ProtocolRules rules)
{
    // Longer than reading takes here.
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(100);

    private readonly Dictionary<string, SimulatedObject> _objects = [];
    private readonly Dictionary<CheckpointId, CheckpointManifest> _manifests = [];

    public bool IsDown { get; set; }

    public IReadOnlyCollection<CheckpointManifest> Manifests => _manifests.Values;

    public int Collected { get; private set; }

    public SimulatedObject? Find(string name) => _objects.GetValueOrDefault(name);

    /// <summary>Puts an object if its name is free; a name is never used twice for anything else.</summary>
    public StoredSlice Put(StoreSlice slice, SliceContent copy, TimeSpan now)
    {
        var before = slice.Before;
        var name = $"{before.Lineage}/{before.Step + 1}/{slice.Generation}/{slice.Range.Id}";
        _objects.TryAdd(name, new SimulatedObject(new CheckpointId(before.Lineage, before.Step + 1), slice.Range, copy, now));
        return new StoredSlice(slice.Range.Id, slice.Range.FirstElement, slice.Range.Elements, name, slice.Range.Elements * 3L * sizeof(float), "");
    }

    /// <summary>False when it was there already.</summary>
    public bool TryCreate(CheckpointManifest manifest) => _manifests.TryAdd(manifest.Id, manifest);

    /// <summary>The newest checkpoint that is whole and not void.</summary>
    /// <param name="notAfter">The newest step that it may be of; null for any.</param>
    public CheckpointManifest? Newest(LineageHistory history, long? notAfter = null) =>
        history.Candidates(_manifests.Keys).Where(id => rules.MayReturnTo(id.Step, notAfter ?? long.MaxValue)).Select(id => _manifests[id]).FirstOrDefault(IsWhole);

    public bool IsWhole(CheckpointManifest manifest) =>
        manifest.Fault(Simulation.Parameters.Elements) is null && manifest.Slices.All(slice => _objects.GetValueOrDefault(slice.Object) is { IsTorn: false });

    public bool Holds(CheckpointId checkpoint) => _manifests.ContainsKey(checkpoint);

    /// <summary>Some of a range's elements, from whatever objects hold them; null while that checkpoint cannot be read.</summary>
    public SliceContent? Read(CheckpointId checkpoint, PartitionRange range)
    {
        if (!_manifests.TryGetValue(checkpoint, out var manifest) || !IsWhole(manifest))
        {
            return null;
        }

        return new SliceContent(
            Gather(manifest, range, content => content.Values), Gather(manifest, range, content => content.FirstMoment), Gather(manifest, range, content => content.SecondMoment));
    }

    /// <summary>Bits of one object of the newest checkpoint are lost.</summary>
    public bool Tear(int which)
    {
        var newest = _manifests.Values.OrderByDescending(manifest => (manifest.Lineage.Began, manifest.Step)).FirstOrDefault();
        if (newest is null || !_objects.TryGetValue(newest.Slices[which % newest.Slices.Count].Object, out var torn))
        {
            return false;
        }

        torn.IsTorn = true;
        return true;
    }

    /// <summary>Removes manifests that may go, then objects that no manifest has named for long.</summary>
    public IReadOnlyList<CheckpointId> Collect(CheckpointId newest, LineageHistory history, int keep, TimeSpan now)
    {
        var gone = CheckpointRetention.Collectable(_manifests.Keys, history, keep, rules, id => IsWhole(_manifests[id]));
        foreach (var checkpoint in gone)
        {
            _manifests.Remove(checkpoint);
            Collected++;
        }

        var named = _manifests.Values.SelectMany(manifest => manifest.Slices.Select(slice => slice.Object)).ToHashSet();
        foreach (var name in _objects.Where(entry => !named.Contains(entry.Key) && now - entry.Value.At > Grace && CheckpointRetention.IsGarbage(entry.Value.Version, newest)).Select(entry => entry.Key).ToList())
        {
            _objects.Remove(name);
        }

        return gone;
    }

    private float[] Gather(CheckpointManifest manifest, PartitionRange range, Func<SliceContent, ReadOnlyMemory<float>> of)
    {
        var flat = new float[Simulation.Parameters.Elements];
        foreach (var slice in manifest.Slices)
        {
            of(_objects[slice.Object].Content).Span.CopyTo(flat.AsSpan(slice.FirstElement));
        }

        return flat[range.Flat];
    }
}
