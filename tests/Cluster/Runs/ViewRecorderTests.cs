using AtomGrains.Core.Membership;
using AtomGrains.Grains.Runs;
using AtomGrains.Node.Storage;

namespace AtomGrains.Cluster.Tests.Runs;

/// <summary>A generation has one owner, whatever a coordinator got to hear of its tries.</summary>
public sealed class ViewRecorderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("atomgrains-views-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void OfTwoWhoWantTheSameViewOneHasItHoweverOftenTheyAsk()
    {
        var (first, second) = (new ViewRecorder(new FileRegister(_folder)), new ViewRecorder(new FileRegister(_folder)));
        Assert.True(first.TryTake(Wanted, TimeSpan.Zero));
        Assert.False(second.TryTake(Wanted, TimeSpan.Zero));

        // It did not hear that its own try had gone well.
        Assert.True(first.TryTake(Wanted, TimeSpan.Zero));
    }

    [Fact]
    public void ARegisterThatIsAwayTellsNothingAndIsLeftInPeaceForAMoment()
    {
        var recorder = new ViewRecorder(new FileRegister(_folder));
        var views = Path.Combine(_folder, FileRegister.FolderName);
        Directory.Delete(views);
        Assert.Null(recorder.TryTake(Wanted, TimeSpan.Zero));
        Assert.NotNull(recorder.Trouble);
        Directory.CreateDirectory(views);
        Assert.Null(recorder.TryTake(Wanted, TimeSpan.FromMilliseconds(249)));
        Assert.True(recorder.TryTake(Wanted, TimeSpan.FromMilliseconds(250)));
        Assert.Null(recorder.Trouble);
    }

    private static View Wanted => new()
    {
        Generation = new Generation(1),
        Lineage = new Lineage(new Generation(1)),
        Members = [new Member(new NodeId(1), 0, "127.0.0.1:1", "host")],
        LaneOwners = [new NodeId(1)],
        Partitions = [],
        Shards = [],
    };
}
