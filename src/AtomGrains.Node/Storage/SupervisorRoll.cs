using System.Globalization;
using System.Text.Json;
using AtomGrains.Core.Membership;

namespace AtomGrains.Node.Storage;

/// <summary>
/// <c>supervisors/N.json</c>: the supervisors of a run, one after the other. Whose record does not say that it ended in
/// order was killed, and its successors see to it that the ledger says so.
/// </summary>
public sealed class SupervisorRoll
{
    public const string FolderName = "supervisors";

    private readonly FileRegister _register;
    private readonly string _path;
    private SupervisorRollEntry _self;

    /// <summary>Takes the next number. The caller holds the run folder.</summary>
    public SupervisorRoll(string folder)
    {
        _register = new FileRegister(folder, FolderName);
        var all = _register.Generations();
        Lost = [.. all.Where(number => Read(number).Ended is null).Select(number => (int)number.Value)];
        var inOrder = all.LastOrDefault(number => Read(number).Ended is not null);
        var next = (_register.Newest()?.Generation ?? Generation.None).Next;
        _self = new SupervisorRollEntry((int)next.Value, ProcessIdentity.Self, DateTimeOffset.UtcNow);
        _path = Path.Combine(folder, FolderName, string.Create(CultureInfo.InvariantCulture, $"{next.Value}.json"));
        _register.TryCreate(next, Serialize(_self));
        Attempt = NameOf((int)inOrder.Value + 1);
    }

    /// <summary>This supervisor's number, from 1.</summary>
    public int Number => _self.Number;

    /// <summary>Numbers of the predecessors that did not end in order.</summary>
    public IReadOnlyList<int> Lost { get; }

    /// <summary>The supervisors from the last that ended in order to the next that does are one attempt: the first one's name.</summary>
    public string Attempt { get; }

    /// <summary>The supervisor's name in the ledger.</summary>
    public static string NameOf(int number) => string.Create(CultureInfo.InvariantCulture, $"supervisor {number}");

    /// <summary>This supervisor ends in order.</summary>
    public void End()
    {
        _self = _self with { Ended = DateTimeOffset.UtcNow };
        DurableFile.Write(_path, Serialize(_self));
    }

    private static byte[] Serialize(SupervisorRollEntry entry) => JsonSerializer.SerializeToUtf8Bytes(entry, StorageJson.Default.SupervisorRollEntry);

    private SupervisorRollEntry Read(Generation number) => JsonSerializer.Deserialize(_register.Read(number), StorageJson.Default.SupervisorRollEntry)!;
}

/// <summary>One supervisor of a run.</summary>
/// <param name="Ended">When it ended in order; null while it runs, and for ever when it was killed.</param>
public sealed record SupervisorRollEntry(int Number, ProcessIdentity Process, DateTimeOffset Started, DateTimeOffset? Ended = null);
