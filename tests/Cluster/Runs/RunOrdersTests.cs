using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Runs;
using AtomGrains.Grains;
using AtomGrains.Grains.Runs;
using AtomGrains.Grains.Wire;
using AtomGrains.Grains.Workers;
using AtomGrains.Node.Checkpoints;
using AtomGrains.Node.Runs;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Storage.Checkpoints;
using AtomGrains.Node.Storage.Objects;
using AtomGrains.Node.Transport.Tls;
using AtomGrains.Node.Workers;

namespace AtomGrains.Cluster.Tests.Runs;

/// <summary>What is ordered of a run, and what whoever coordinates it next makes of that.</summary>
public sealed class RunOrdersTests : IDisposable
{
    private const int Lanes = 4;

    private readonly string _folder = Directory.CreateTempSubdirectory("atomgrains-orders-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(RunOrderKind.Scale, 0, "0 workers: must be from 1 to 4, the run's lanes")]
    [InlineData(RunOrderKind.Scale, Lanes, null)]
    [InlineData(RunOrderKind.Scale, Lanes + 1, "5 workers: must be from 1 to 4, the run's lanes")]
    [InlineData(RunOrderKind.Pause, 0, null)]
    [InlineData(RunOrderKind.Resume, 0, null)]
    [InlineData(RunOrderKind.Stop, 0, null)]
    [InlineData(RunOrderKind.ResumeInNewEnvironment, 0, null)]
    [InlineData((RunOrderKind)9, 0, "no such order: 9")]
    public void ARunUnderWayTakesEveryOrderThatItCanCarryOut(RunOrderKind kind, int workers, string? refused)
    {
        var before = new RunWish { Workers = 2, IsPaused = kind == RunOrderKind.Resume, RestedAt = 7 };
        var (wish, reason) = RunOrders.Apply(new RunOrder(1, "run", kind, workers), Plan, before, end: null);
        Assert.Equal(refused, reason);
        Assert.Equal(refused is not null || kind == RunOrderKind.Stop ? before : kind == RunOrderKind.Scale ? before with { Workers = workers } : before with { IsPaused = kind is RunOrderKind.Pause or RunOrderKind.ResumeInNewEnvironment }, wish);
    }

    [Theory]
    [InlineData(null, RunOrderKind.Pause, "run run is over: it has finished")]
    [InlineData(null, RunOrderKind.Stop, "run run is over: it has finished")]
    [InlineData("it was asked to stop", RunOrderKind.Resume, "run run is over: it was asked to stop")]
    [InlineData("it was asked to stop, with a checkpoint of step 7", RunOrderKind.Resume, "run run is over: it was asked to stop, with a checkpoint of step 7")]
    [InlineData("enough", RunOrderKind.Scale, "run run is over: enough")]
    [InlineData("it was asked to stop", RunOrderKind.ResumeInNewEnvironment, "run run is over: it was asked to stop")]
    [InlineData(null, RunOrderKind.ResumeInNewEnvironment, "run run is over: it has finished")]
    [InlineData("enough", RunOrderKind.ResumeInNewEnvironment, null)]
    [InlineData("enough", RunOrderKind.Stop, null)]
    public void ARunThatIsOverTakesNone(string? stopped, RunOrderKind kind, string? refused)
    {
        RunOrders.StopAtRest(Plan);
        var end = RunEnd.Read(_folder)! with { Stopped = stopped };
        Assert.Equal((new RunWish(), refused), RunOrders.Apply(new RunOrder(1, "run", kind, 2), Plan, new RunWish(), end));
    }

    [Fact]
    public void ARunThatHasStoppedByItselfGoesOnBehindAllItsViewsOnceItIsResumed()
    {
        RunOrders.StopAtRest(Plan);
        var end = RunEnd.Read(_folder)! with { Stopped = "lane 3 of step 0 has ended 3 workers" };
        end.Write(_folder);
        new NodeDeaths(_folder).Record(new NodeId(1), new NodeDeath(true, 0, 3));
        Assert.True(new ViewRecorder(new FileRegister(_folder)).TryTake(ViewOf(4), TimeSpan.Zero));
        var (wish, refused) = RunOrders.Apply(new RunOrder(1, "run", RunOrderKind.Resume), Plan, new RunWish { Workers = 3 }, end);
        Assert.Equal((new RunWish { Workers = 3, RestedAt = 4 }, null), (wish, refused));
        wish.Write(_folder);

        // Whoever died in between leaves a run that is over still.
        Assert.Null(Began());
        RunOrders.Reopen(Plan);
        Assert.Null(RunEnd.Read(_folder));
        Assert.Empty(new NodeDeaths(_folder).News());
        Assert.Equal((3, new Generation(4)), Began());
    }

    [Fact]
    public void ARunWithoutCheckpointsIsNotPaused() => Assert.Equal(
        "run run makes no checkpoints (checkpoint-every: 0): paused, it would lose every step",
        RunOrders.Apply(new RunOrder(1, "run", RunOrderKind.Pause), Plan with { Settings = new RunSettings { Workers = 2 } }, new RunWish(), end: null).Refused);

    [Fact]
    public void WhoCoordinatesNextKnowsWhatWasOrdered()
    {
        Assert.Equal((2, Generation.None), Began());
        new RunWish { Workers = 3 }.Write(_folder);
        Assert.Equal((3, Generation.None), Began());
    }

    [Fact]
    public void ARunAtRestHasNoCoordinatorUntilItIsResumed()
    {
        // Before its first view, nothing of it has ever lived.
        new RunWish { IsPaused = true }.Write(_folder);
        Assert.Null(Began());

        // It is paused and not at rest yet: nodes of this view may live, and whoever comes next brings them to rest.
        Assert.True(new FileRegister(_folder).TryCreate(new Generation(1), new byte[1]));
        Assert.Equal((2, Generation.None), Began());
        new RunWish { IsPaused = true, RestedAt = 1 }.Write(_folder);
        Assert.Null(Began());
    }

    [Fact]
    public void AViewThatWasRecordedBesideTheRestIsTakenOverAndNotForgotten()
    {
        // A coordinator that had lost the generation wrote down its own rest; the nodes of the newer view live.
        Assert.True(new FileRegister(_folder).TryCreate(new Generation(2), new byte[1]));
        new RunWish { IsPaused = false, RestedAt = 1 }.Write(_folder);
        Assert.Equal((2, new Generation(1)), Began());
        new RunWish { IsPaused = true, RestedAt = 1 }.Write(_folder);
        Assert.Equal((2, new Generation(1)), Began());
    }

    [Fact]
    public void ARunThatIsOverHasNoCoordinator()
    {
        RunOrders.StopAtRest(Plan);
        Assert.Null(Began());
        Assert.Equal("it was asked to stop", RunEnd.Read(_folder)!.Stopped);
    }

    private static View ViewOf(long generation) => new()
    {
        Generation = new Generation(generation),
        Lineage = new Lineage(new Generation(1)),
        Members = [],
        LaneOwners = [],
        Partitions = [],
    };

    private RunPlan Plan => new()
    {
        RunId = "run",
        Spec = new RunSpec { Lanes = Lanes, GlobalBatch = 4, Model = new ModelSpec(), Optimizer = new OptimizerSpec(), Evaluation = new EvaluationSpec(), Data = new DataSpec() },
        Folder = _folder,
        Elements = 1024,
        Settings = new RunSettings { Workers = 2, Checkpoints = new CheckpointPlan { Cadence = new CheckpointOptions { EverySteps = 10 } } },
        Before = Generation.None,
        Program = "program",
    };

    private (int Workers, Generation Before)? Began() => RunAtRest.Begin(new OfFolder(Plan)) is { } plan ? (plan.Settings.Workers, plan.Before) : null;

    private sealed class OfFolder(RunPlan plan) : ISiloRun
    {
        public RunPlan Plan => plan;

        public string Program => plan.Program;

        public string Secret => "";

        public string Host => "host";

        public string Listen => "127.0.0.1";

        public TlsFiles? Tls => null;

        public CheckpointStore Store => new(new DirectoryObjectStore(Path.Combine(plan.Folder, "checkpoints")));

        public bool IsResting => false;

        public string? NotStarted(string error) => null;

        public void Ready()
        {
        }

        public void Decided(long step)
        {
        }

        public INodeBody CreateNode(NodePlace place, int? child, INodeOwner owner) => throw new NotSupportedException();

        public void EndFailed(Exception error) => throw new NotSupportedException();
    }
}
