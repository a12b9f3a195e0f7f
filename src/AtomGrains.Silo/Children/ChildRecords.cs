using System.Text.Json;
using AtomGrains.Core.Membership;
using AtomGrains.Node.Storage;

namespace AtomGrains.Silo.Children;

/// <summary>Every child process that a run's silos have started: <c>children/NODE.json</c> in the run folder.</summary>
internal sealed class ChildRecords(string folder)
{
    public const string FolderName = "children";

    private readonly FileRegister _register = new(folder, FolderName);
    private readonly SortedDictionary<Generation, ChildRecord> _read = [];

    public void Note(ChildRecord child) =>
        _register.TryCreate(new Generation(child.Node), JsonSerializer.SerializeToUtf8Bytes(child, SiloJson.Default.ChildRecord));

    /// <summary>In the order of their nodes; each is read once.</summary>
    public IReadOnlyCollection<ChildRecord> All()
    {
        foreach (var number in _register.Generations().Where(number => !_read.ContainsKey(number)))
        {
            _read.Add(number, JsonSerializer.Deserialize(_register.Read(number), SiloJson.Default.ChildRecord)!);
        }

        return _read.Values;
    }
}
