using AtomGrains.Core.Checkpoints;
using AtomGrains.Node.Storage.Checkpoints;
using AtomGrains.Node.Storage.Objects;

namespace AtomGrains.Chaos.Machine;

/// <summary>Breaks the newest checkpoint of a run that does not run, as disks and careless hands do.</summary>
internal static class TornCheckpoint
{
    /// <param name="folder">Of the checkpoints.</param>
    /// <param name="way">Which way, from 0 to 5: slice cut, bit flipped, slice gone, manifest cut, empty, or of other bytes.</param>
    /// <returns>The object that is broken now, and its checkpoint; null when there is no checkpoint.</returns>
    public static (string Object, CheckpointId Checkpoint)? Tear(string folder, int way)
    {
        var store = new CheckpointStore(new DirectoryObjectStore(folder));
        if (store.List().OrderBy(checkpoint => checkpoint.Lineage.Began.Value).ThenBy(checkpoint => checkpoint.Step).LastOrDefault() is not { Step: > 0 } newest)
        {
            return null;
        }

        var slices = store.ReadManifest(newest).Manifest.Slices;
        var manifest = FormattableString.Invariant($"manifests/l{newest.Lineage.Began.Value}/{newest.Step:D12}.json");
        var name = way < 3 ? slices[way % slices.Count].Object : manifest;
        var path = Path.Combine(folder, name);
        switch (way)
        {
            case 0 or 3:
                using (var file = File.OpenWrite(path))
                {
                    file.SetLength(file.Length / 2);
                }

                break;
            case 1:
                var bytes = File.ReadAllBytes(path);
                bytes[^1] ^= 1;
                File.WriteAllBytes(path, bytes);
                break;
            case 2:
                File.Delete(path);
                break;
            case 4:
                File.WriteAllBytes(path, []);
                break;
            case 5:
                File.WriteAllBytes(path, new byte[512]);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(way), way, "must be from 0 to 5");
        }

        return (name, newest);
    }
}
