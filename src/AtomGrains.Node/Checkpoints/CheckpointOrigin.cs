using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol.Replays;
using AtomGrains.Node.Storage.Checkpoints;

namespace AtomGrains.Node.Checkpoints;

/// <summary>
/// The versions that a run's surviving checkpoints hold, each read back to its last byte before it is named: one that is
/// torn gives way to the one before, and that is said.
/// </summary>
/// <param name="elements">Length of the flat vector.</param>
/// <param name="note">Told of each checkpoint that is passed over, and of a store that does not answer.</param>
public sealed class CheckpointOrigin(CheckpointStore store, LineageHistory history, int elements, Action<string> note) : IParameterOrigin
{
    private CheckpointManifest? _found;

    public long? Newest(long version)
    {
        try
        {
            var found = CheckpointSearch.Newest(store, history, elements, version);
            foreach (var line in found.Notes)
            {
                note(line);
            }

            _found = found.File?.Manifest;
        }
        catch (IOException error)
        {
            note($"no checkpoint can be begun from: {error.Message}");
        }

        return _found?.Step;
    }

    public string NameOf(long version) => $"the checkpoint of {Manifest(version).Id}";

    /// <exception cref="InvalidDataException">It has been changed since it was named.</exception>
    /// <exception cref="IOException">The store does not answer.</exception>
    public ParameterState Read(long version)
    {
        var manifest = Manifest(version);
        var whole = new PartitionLayout(elements, manifest.Spec.BlockElements, 1).Partitions[0];
        return new ParameterState(manifest.Lineage, manifest.Step, manifest.Origin, store.Load(manifest, whole));
    }

    private CheckpointManifest Manifest(long version) =>
        _found is { } found && found.Step == version ? found : throw new ArgumentOutOfRangeException(nameof(version), version, "was not named");
}
