using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Workers;

namespace AtomGrains.EndToEnd.Tests.Faults;

/// <summary>Processes that are struck before they are ready, when nobody counts on them yet and no heartbeat is waited for.</summary>
public sealed class StartFaultTests
{
    // More than broken starts in a row would end a run.
    private const int Kills = 6;

    [Fact]
    public Task KillsOfStartingProcessesEndNoRunAndEachIsAFault() => LongEnough.Run(Spec.Short, async spec =>
    {
        using var run = TrainProcess.Start(spec, workers: 2);
        for (var number = 1; number <= Kills; number++)
        {
            await run.Strike(Signals.Kill, (await Starts(run, number)).Process.Pid);
        }

        var finished = await run.Finish();

        await finished.EqualsTheCalmRun();
        finished.LastedUntil("the kills", finished.FaultKinds.Count(kind => kind == "kill") >= Kills);
        Assert.Equal(Kills, finished.FaultKinds.Count(kind => kind == "kill"));
        Assert.Equal(Kills, finished.Count("faults"));
        Assert.Equal(0, finished.Count("lanes_recomputed"));
    });

    [Fact]
    [Trait("Category", "Long")]
    public Task AProcessThatIsStoppedWhileItStartsIsReplaced() => LongEnough.Run(Spec.Short, async spec =>
    {
        using var run = TrainProcess.Start(spec, workers: 1, pauseAfter: 2);
        await run.Strike(Signals.Stop, (await Starts(run, 1)).Process.Pid);
        var finished = await run.Finish();

        await finished.EqualsTheCalmRun();
        Assert.Equal("was stopped while it started", (string?)finished.Fault("stop", 0)["detail"]);
        Assert.Equal(2, finished.Count("workers_started"));
    });

    // It is on the roll before it is told that it is a node, and long before it has loaded its tensor engine.
    private static Task<NodeRollEntry> Starts(TrainProcess run, int number) => Eventually.Is(
        $"process {number}",
        () => Directory.Exists(Path.Combine(run.Folder, NodeRoll.FolderName)) ? new NodeRoll(run.Folder).Entries.Skip(number - 1).FirstOrDefault() : null,
        () => run.Output);
}
