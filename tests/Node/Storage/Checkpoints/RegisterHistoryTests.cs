using System.Text.Json;
using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Membership;
using AtomGrains.Node.Checkpoints;
using AtomGrains.Node.Control;
using AtomGrains.Node.Storage;

namespace AtomGrains.Node.Tests.Storage.Checkpoints;

public sealed class RegisterHistoryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ARecordIsReadOnceAndNewOnesAreFound()
    {
        var register = new FileRegister(_folder.Path);
        var history = new RegisterHistory(register);
        Record(register, 1, lineage: 1);
        Record(register, 2, lineage: 1);
        Assert.False(history.Read().IsVoid(At(7, lineage: 1)));

        // Whoever reads them again finds no JSON.
        File.WriteAllText(_folder.File("views/1.json"), "read again");
        File.WriteAllText(_folder.File("views/2.json"), "read again");
        Record(register, 3, lineage: 3);
        Assert.True(history.Read().IsVoid(At(7, lineage: 1)));
        Assert.False(history.Read().IsVoid(At(7, lineage: 3)));
    }

    private static CheckpointId At(long step, long lineage) => new(new Lineage(new Generation(lineage)), step);

    // A lineage that begins from the seed.
    private static void Record(FileRegister register, long generation, long lineage)
    {
        var view = new View { Generation = new Generation(generation), Lineage = new Lineage(new Generation(lineage)), Members = [], LaneOwners = [], Partitions = [] };
        Assert.True(register.TryCreate(view.Generation, JsonSerializer.SerializeToUtf8Bytes(view, LocalJson.Default.View)));
    }
}
