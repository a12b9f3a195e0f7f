using AtomGrains.Core.Membership;
using AtomGrains.Core.Runs;
using AtomGrains.Grains.Runs;
using AtomGrains.Node.Runs;
using AtomGrains.Silo;

namespace AtomGrains.Cluster.Tests.Silos;

/// <summary>A silo of one device on which no node of a run can be made: it gives the run up for longer and longer, and is of use again once it is mended.</summary>
public sealed class FailedStartTests
{
    private const int Broken = 1;

    // More than are done while anybody looks.
    private const long Steps = 10_000_000;

    [Fact]
    public async Task ASiloOnWhichNoNodeCanBeMadeRestsForLongerAndLongerUntilOneHasBeenThereForAStep()
    {
        await using var cluster = await InProcessCluster.Start(workers: 2, Steps, broken: Broken);
        var part = cluster.PartOf(Broken);
        await Tries(part, 4);

        // The run goes on waiting on the other silo, and says why.
        Assert.Null(cluster.End);
        Assert.Equal("devices: 1 of 2", (await cluster.Run.Progress()).WaitingFor);
        Assert.Equal(5, cluster.Nodes);

        await Tries(part, 5, after: TimeSpan.FromMinutes(1));
        await Tries(part, 5, after: TimeSpan.FromMinutes(1));
        await Tries(part, 6, after: TimeSpan.FromMinutes(1));
        Assert.Equal(7, cluster.Nodes);

        part.Broken = null;
        part.Wait(TimeSpan.FromMinutes(4));
        await cluster.Reaches(3);
        Assert.Equal((7, 8), (part.Started, cluster.Nodes));

        // As if nothing had been: four in a row, and a minute.
        part.Broken = "again";
        cluster.NodeOf(new NodeId(8)).End();
        await Tries(part, 11);
        await Tries(part, 12, after: TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task ARunWhoseOnlySiloCanMakeNoNodeIsStoppedWithTheReason()
    {
        await using var cluster = await InProcessCluster.Start(workers: 1, Steps, broken: 0);
        var end = await Eventually.Is("the end of the run", () => cluster.End);
        Assert.Equal("4 worker processes in a row ended before they were ready, the last as it could not be started: the job's constructor has thrown", end.Stopped);
        Assert.Equal(4, cluster.Nodes);
    }

    [Fact]
    public void OfARunsNodesAndProcessesOnASiloThePatienceIsOne()
    {
        using var run = new SiloRun(Plan(), new string('a', 64), new SiloShape("host", "127.0.0.1", ["cpu"], 0, HasChildren: false), new JobRegistry());
        Assert.Equal([null, null, null], Enumerable.Range(0, 3).Select(_ => run.NotStarted("no")));
        run.Ready();
        Assert.Equal([null, null, null], Enumerable.Range(0, 3).Select(_ => run.NotStarted("no")));
        Assert.False(run.IsResting);
        Assert.NotNull(run.NotStarted("no"));
        Assert.True(run.IsResting);
    }

    // Once it has looked whether it rests a few times more, and offered nothing.
    private static async Task Tries(InProcessCluster.FakeRun part, int times, TimeSpan after = default)
    {
        part.Wait(after);
        await Eventually.Holds($"{times} nodes that were to be made", () => part.Started >= times);
        var asked = part.Asked;
        await Eventually.Holds("offers that were not made", () => part.Asked > asked + 5);
        Assert.Equal(times, part.Started);
    }

    private static RunPlan Plan() => new()
    {
        RunId = "run",
        Spec = new RunSpec { Job = "none", Model = new ModelSpec(), Optimizer = new OptimizerSpec(), Evaluation = new EvaluationSpec(), Data = new DataSpec() },
        Folder = Path.GetTempPath(),
        Elements = 1,
        Settings = new RunSettings { Workers = 1 },
        Before = Generation.None,
        Program = "program",
    };
}
