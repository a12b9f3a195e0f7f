using System.Globalization;
using System.Text.Json;
using AtomGrains.Core.Membership;
using AtomGrains.Node.Storage;
using Orleans.Runtime;

namespace AtomGrains.Clustering;

/// <summary>
/// Orleans's membership of one machine, or of a volume that all silos share, in a folder: each version of the table is a file, created only if absent, so two
/// silos cannot both write it and the death of any silo, in the middle of anything, harms nothing. (Orleans's own
/// development clustering keeps the table in the first silo, and dies with it.) When silos were last alive is not
/// versioned: it is the time of a file of each.
/// </summary>
internal sealed class FileMembershipTable(string folder) : IMembershipTable
{
    public const string FolderName = "membership";

    // Far more than a silo can fall behind between reading the table and writing it, unless it was paused.
    private const int VersionsKept = 100;

    private readonly FileRegister _versions = new(folder, FolderName);
    private readonly string _alive = Directory.CreateDirectory(Path.Combine(folder, FolderName, "alive")).FullName;

    /// <summary>
    /// An empty table, for who has the run folder's lock: the silos of an attempt that was killed would stand as active in
    /// its table for good, and no new silo could join without reaching them.
    /// </summary>
    public static FileMembershipTable Anew(string folder)
    {
        var path = Path.Combine(folder, FolderName);
        if (Directory.Exists(path))
        {
            // Moved first: a silo that has not noticed yet that its owner is gone writes into nothing, and ends.
            var old = $"{path}.{Guid.NewGuid():N}";
            Directory.Move(path, old);
            Directory.Delete(old, recursive: true);
        }

        return new FileMembershipTable(folder);
    }

    public Task InitializeMembershipTable(bool tryInitTableVersion) => Task.CompletedTask;

    public Task<MembershipTableData> ReadAll()
    {
        var (version, rows) = Read();
        return Task.FromResult(Data(version, rows));
    }

    public Task<MembershipTableData> ReadRow(SiloAddress key)
    {
        var (version, rows) = Read();
        return Task.FromResult(Data(version, rows.Where(row => row.Silo == key.ToParsableString())));
    }

    public Task<bool> InsertRow(MembershipEntry entry, TableVersion tableVersion) =>
        Change(tableVersion, rows => rows.All(row => row.Silo != entry.SiloAddress.ToParsableString()), entry);

    public Task<bool> UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion) =>
        Change(tableVersion, rows => rows.Any(row => row.Silo == entry.SiloAddress.ToParsableString() && row.ETag == etag), entry);

    public Task UpdateIAmAlive(MembershipEntry entry)
    {
        File.WriteAllText(AliveFile(entry.SiloAddress.ToParsableString()), "");
        return Task.CompletedTask;
    }

    /// <summary>Forgets silos that died before a time, and versions that nobody can be writing the next one of.</summary>
    public Task CleanupDefunctSiloEntries(DateTimeOffset beforeDate)
    {
        var (version, rows) = Read();
        var defunct = rows.Where(row => row.Status == (int)SiloStatus.Dead && AliveAt(row) < beforeDate.UtcDateTime).ToList();
        if (defunct.Count > 0 && TryWrite(version, [.. rows.Except(defunct)]))
        {
            defunct.ForEach(row => File.Delete(AliveFile(row.Silo)));
        }

        // The oldest first, which TryWrite relies on.
        foreach (var old in _versions.Generations().Where(old => old.Value < version - VersionsKept))
        {
            File.Delete(VersionFile(old.Value));
        }

        return Task.CompletedTask;
    }

    public Task DeleteMembershipTableEntries(string clusterId)
    {
        Directory.Delete(Path.Combine(folder, FolderName), recursive: true);
        return Task.CompletedTask;
    }

    /// <summary>Silos that were declared dead, for whoever started their processes.</summary>
    public IEnumerable<string> Dead() => Read().Rows.Where(row => row.Status == (int)SiloStatus.Dead).Select(row => row.SiloName);

    private Task<bool> Change(TableVersion next, Func<List<MembershipRow>, bool> mayChange, MembershipEntry entry)
    {
        var (version, rows) = Read();
        if (next.Version != version + 1 || !mayChange(rows))
        {
            return Task.FromResult(false);
        }

        rows.RemoveAll(row => row.Silo == entry.SiloAddress.ToParsableString());
        rows.Add(MembershipRow.Of(entry, next.Version));
        return Task.FromResult(TryWrite(version, rows));
    }

    /// <summary>Writes the next version; false when it was written by others, or long ago.</summary>
    /// <param name="version">The one that was read.</param>
    internal bool TryWrite(int version, List<MembershipRow> rows)
    {
        if (!_versions.TryCreate(new Generation(version + 1), JsonSerializer.SerializeToUtf8Bytes(rows, ClusteringJson.Default.ListMembershipRow)))
        {
            return false;
        }

        if (version == 0 || File.Exists(VersionFile(version)))
        {
            return true;
        }

        // This process was paused for so long that the version it read has been forgotten, and maybe the next one, too.
        File.Delete(VersionFile(version + 1));
        return false;
    }

    private (int Version, List<MembershipRow> Rows) Read() => _versions.Newest() is { } newest
        ? ((int)newest.Generation.Value, JsonSerializer.Deserialize(newest.Record, ClusteringJson.Default.ListMembershipRow)!)
        : (0, []);

    private MembershipTableData Data(int version, IEnumerable<MembershipRow> rows) => new(
        [.. rows.Select(row => row.ToEntry(AliveAt(row)))],
        new TableVersion(version, version.ToString(CultureInfo.InvariantCulture)));

    private DateTime AliveAt(MembershipRow row)
    {
        var file = new FileInfo(AliveFile(row.Silo));
        return file.Exists ? file.LastWriteTimeUtc : row.Started;
    }

    private string VersionFile(long version) => Path.Combine(folder, FolderName, version.ToString(CultureInfo.InvariantCulture) + ".json");

    private string AliveFile(string silo) => Path.Combine(_alive, silo.Replace(':', '_').Replace('/', '_'));
}
