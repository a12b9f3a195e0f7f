using System.Globalization;
using System.Text.Json;
using AtomGrains.Core.Membership;
using AtomGrains.Node.Storage;

namespace AtomGrains.Grains.Runs;

/// <summary>
/// How the silos of a run ended, and which checks of their devices failed, as whoever started them saw it: the system tells
/// a process's end to its parent alone. In <c>ends/</c> of the run folder, a record an event, since the coordinator that is
/// to hear of it may be the one that ended; each coordinator reads all of them.
/// </summary>
public sealed class SiloEnds(string folder)
{
    public const string FolderName = "ends";

    private readonly FileRegister _register = new(folder, FolderName);
    private Generation _newest = Generation.None;

    /// <summary>Those of an attempt that begins: what silos of others ended of is no matter of it.</summary>
    public static SiloEnds Anew(string folder)
    {
        var path = Path.Combine(folder, FolderName);
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }

        return new SiloEnds(folder);
    }

    /// <summary>For the one who starts silos.</summary>
    /// <exception cref="IOException">It cannot be written down.</exception>
    public void Record(SiloEnd end)
    {
        _register.TryCreate(_newest.Next, JsonSerializer.SerializeToUtf8Bytes(end, StorageJson.Default.SiloEnd));
        _newest = _newest.Next;
    }

    /// <summary>Those that were not returned before, oldest first, each with a name that is its own.</summary>
    public IReadOnlyList<(string Name, SiloEnd End)> News()
    {
        var news = new List<(string, SiloEnd)>();
        foreach (var number in _register.Generations().Where(number => number > _newest))
        {
            news.Add((string.Create(CultureInfo.InvariantCulture, $"end {number.Value}"), JsonSerializer.Deserialize(_register.Read(number), StorageJson.Default.SiloEnd)!));
            _newest = number;
        }

        return news;
    }
}
