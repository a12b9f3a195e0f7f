using System.Globalization;
using System.Security.Cryptography;
using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol.Partitions;
using AtomGrains.Node.Storage.Objects;

namespace AtomGrains.Node.Storage.Checkpoints;

/// <summary>
/// The checkpoints of one run in an object store: <c>manifests/LINEAGE/STEP.json</c>, and
/// <c>slices/LINEAGE/STEP/GENERATION/PARTITION.slice</c>. Nothing is ever overwritten or shared.
/// </summary>
public sealed class CheckpointStore(IObjectStore objects)
{
    private const string Manifests = "manifests/";
    private const string Slices = "slices/";
    private const string ManifestSuffix = ".json";

    public IObjectStore Objects => objects;

    /// <summary>Puts a slice that is all bytes already, from its head on.</summary>
    /// <exception cref="IOException">It could not be put.</exception>
    public StoredSlice PutSlice(SliceHeader header, IReadOnlyList<ReadOnlyMemory<byte>> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var part in parts)
        {
            hash.AppendData(part.Span);
        }

        var name = FormattableString.Invariant($"{Slices}l{header.Lineage}/{header.Step:D12}/g{header.Generation}/p{header.Partition}.slice");
        var sha256 = Convert.ToHexStringLower(hash.GetHashAndReset());
        var stored = new StoredSlice(
            new PartitionId(header.Partition), header.FirstElement, header.Elements, name, parts.Sum(part => (long)part.Length), sha256);

        // A generation has one primary, so a name that is taken is of the same bytes, put by an attempt that failed late.
        objects.PutIfAbsent(name, parts);
        return stored;
    }

    /// <summary>False when the manifest was there already: another coordinator of the lineage has completed it.</summary>
    /// <exception cref="IOException">It could not be put.</exception>
    public bool PutManifest(ManifestFile file) => objects.PutIfAbsent(NameOf(file.Manifest.Id), [file.ToBytes()]);

    /// <summary>The first slice of a manifest that is not in the store; null when all are.</summary>
    /// <exception cref="IOException">The store does not answer.</exception>
    public string? Missing(CheckpointManifest manifest)
    {
        var there = objects.List($"{Slices}l{manifest.Lineage.Began.Value}/").Select(entry => entry.Name).ToHashSet(StringComparer.Ordinal);
        return manifest.Slices.Select(slice => slice.Object).FirstOrDefault(name => !there.Contains(name));
    }

    /// <summary>The checkpoints that have a manifest, whatever that says.</summary>
    public IReadOnlyList<CheckpointId> List() => [.. objects.List(Manifests).Select(entry => Parse(entry.Name, Manifests, ManifestSuffix)).OfType<CheckpointId>()];

    /// <summary>When the newest manifest was written, by the store's clock; null when there is none.</summary>
    /// <exception cref="IOException">The store does not answer.</exception>
    public DateTimeOffset? NewestWritten() => objects.List(Manifests).Max(entry => (DateTimeOffset?)entry.Written);

    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="InvalidDataException">It is broken.</exception>
    public ManifestFile ReadManifest(CheckpointId checkpoint)
    {
        var name = NameOf(checkpoint);
        var length = objects.List(name).FirstOrDefault(entry => entry.Name == name)?.Bytes ?? throw new FileNotFoundException($"{name} is missing");
        var bytes = new byte[length];
        objects.ReadRange(name, 0, bytes);
        var file = ManifestFile.Read(bytes);
        return file.Manifest.Id == checkpoint ? file : throw new InvalidDataException($"it is of {file.Manifest.Id}");
    }

    /// <summary>Reads a checkpoint from its manifest to its last byte; what is wrong with it, or null.</summary>
    /// <param name="elements">Length of the flat vector.</param>
    /// <exception cref="IOException">The store does not answer.</exception>
    public CheckpointFault? Verify(CheckpointId checkpoint, int elements, out ManifestFile? file)
    {
        var name = NameOf(checkpoint);
        file = null;
        try
        {
            var read = ReadManifest(checkpoint);
            if (read.Manifest.Fault(elements) is { } fault)
            {
                return new CheckpointFault(name, fault);
            }

            var reader = new SliceReader(objects);
            foreach (var slice in read.Manifest.Slices)
            {
                name = slice.Object;
                reader.Verify(checkpoint, slice);
            }

            file = read;
            return null;
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException or FileNotFoundException)
        {
            return new CheckpointFault(name, error.Message);
        }
    }

    /// <summary>A range of the flat vectors, from whatever slices the checkpoint has.</summary>
    /// <exception cref="InvalidDataException">An object is not what the manifest says; it is named.</exception>
    /// <exception cref="IOException">The store does not answer.</exception>
    public SliceContent Load(CheckpointManifest manifest, PartitionRange range)
    {
        float[][] content = [new float[range.Elements], new float[range.Elements], new float[range.Elements]];
        var reader = new SliceReader(objects);
        foreach (var slice in manifest.Slices.Where(slice => slice.FirstElement < range.FirstElement + range.Elements && range.FirstElement < slice.FirstElement + slice.Elements))
        {
            try
            {
                reader.Read(manifest.Id, slice, range.FirstElement, content);
            }
            catch (Exception error) when (error is InvalidDataException or EndOfStreamException or FileNotFoundException)
            {
                throw new InvalidDataException($"{slice.Object}: {error.Message}", error);
            }
        }

        return new SliceContent(content[0], content[1], content[2]);
    }

    /// <summary>The manifest goes first, so that no manifest is ever without its objects.</summary>
    public void DeleteManifest(CheckpointId checkpoint) => objects.Delete(NameOf(checkpoint));

    /// <summary>Removes slices that no manifest names or will name, but for those that somebody may be reading.</summary>
    /// <param name="newest">The newest complete checkpoint that is not void.</param>
    /// <returns>How many.</returns>
    public int DeleteUnnamedSlices(CheckpointId newest, DateTimeOffset olderThan)
    {
        var old = objects.List(Slices)
            .Where(entry => entry.Written < olderThan && Parse(entry.Name, Slices, "") is { } slice && CheckpointRetention.IsGarbage(slice, newest))
            .Select(entry => entry.Name).ToList();
        var named = List().SelectMany(NamedBy).ToHashSet(StringComparer.Ordinal);
        var unnamed = old.Where(name => !named.Contains(name)).ToList();
        unnamed.ForEach(objects.Delete);
        return unnamed.Count;
    }

    // A broken manifest names nothing that could be loaded.
    private IEnumerable<string> NamedBy(CheckpointId checkpoint)
    {
        try
        {
            return ReadManifest(checkpoint).Manifest.Slices.Select(slice => slice.Object);
        }
        catch (Exception error) when (error is InvalidDataException or FileNotFoundException)
        {
            return [];
        }
    }

    private static string NameOf(CheckpointId checkpoint) =>
        FormattableString.Invariant($"{Manifests}l{checkpoint.Lineage.Began.Value}/{checkpoint.Step:D12}{ManifestSuffix}");

    // FOLDER/lLINEAGE/STEP, and more behind a slash.
    private static CheckpointId? Parse(string name, string folder, string suffix)
    {
        var parts = name[folder.Length..].Split('/');
        return parts.Length >= 2 && parts[0].StartsWith('l') && parts[1].EndsWith(suffix, StringComparison.Ordinal)
            && long.TryParse(parts[0].AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var lineage)
            && long.TryParse(parts[1].AsSpan(..^suffix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var step)
            ? new CheckpointId(new Lineage(new Generation(lineage)), step)
            : null;
    }
}
