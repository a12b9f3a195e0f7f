using System.Globalization;
using AtomGrains.Core.Membership;

namespace AtomGrains.Node.Storage;

/// <summary>
/// The register of PROTOCOL R1 in a folder: <c>views/GENERATION.json</c>, one record a generation, created only
/// if absent. A record that exists is complete and synced, whoever was killed in the middle of what. What the
/// records say is the coordinator's business.
/// </summary>
public sealed class FileRegister
{
    public const string FolderName = "views";
    private const string Suffix = ".json";

    private readonly string _folder;

    /// <param name="runFolder">The run folder; the register's own folder is made in it.</param>
    /// <param name="name">Another name makes another register, of something else that is numbered and taken once.</param>
    public FileRegister(string runFolder, string name = FolderName)
    {
        _folder = Path.Combine(runFolder, name);
        Directory.CreateDirectory(_folder);
        NativeFile.SyncDirectory(runFolder);
    }

    /// <summary>
    /// Takes a generation. Of all who try, in any process, exactly one gets true; who gets false stops coordinating.
    /// </summary>
    /// <exception cref="IOException">The folder cannot be written: nothing was decided.</exception>
    public bool TryCreate(Generation generation, ReadOnlyMemory<byte> record)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(generation.Value, 1);
        return DurableFile.TryCreate(PathOf(generation), record);
    }

    /// <summary>The record of the highest generation, or null when there is none.</summary>
    public (Generation Generation, byte[] Record)? Newest()
    {
        var generations = Generations();
        return generations.Count == 0 ? null : (generations[^1], File.ReadAllBytes(PathOf(generations[^1])));
    }

    /// <summary>All generations taken, in ascending order.</summary>
    public IReadOnlyList<Generation> Generations() =>
        [.. Directory.EnumerateFiles(_folder, "*" + Suffix).Select(ParseName).OfType<Generation>().Order()];

    public byte[] Read(Generation generation) => File.ReadAllBytes(PathOf(generation));

    private static Generation? ParseName(string path) =>
        long.TryParse(Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? new Generation(value)
            : null;

    private string PathOf(Generation generation) =>
        Path.Combine(_folder, generation.Value.ToString(CultureInfo.InvariantCulture) + Suffix);
}
