using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Node.Workers;

namespace AtomGrains.EndToEnd.Tests.Faults;

/// <summary>What workers die of that a supervisor has taken over, and not started: it counts as it does for its own.</summary>
public sealed class AdoptedWorkerTests
{
    private const string SupervisorKill = "kill:supervisor@step=1";

    [Fact]
    [Trait("Category", "Long")]
    public Task ADeviceThatFailsUnderASuccessorIsCheckedCountedAndQuarantined() => LongEnough.Run(Spec.Medium, async spec =>
    {
        const string Order = "device:worker=1@step=20";
        var run = await FragileRun.OnABrokenMachine(
            spec, "--workers", "3", "--supervise", "--fault", SupervisorKill, "--fault", Order, "--device-failures", "2");

        await run.EqualsTheCalmRun();
        HasKilledTheSupervisor(run);
        run.Fault("device", 1, Order);
        run.LastedUntil("the quarantine", run.FaultKinds.Contains("quarantine"));
        Assert.Equal(["device", "device-check", "kill", "quarantine"], run.FaultKinds.Order(StringComparer.Ordinal));
        var quarantine = run.Faults.Single(fault => (string)fault["kind"]! == "quarantine");
        Assert.Equal(("cpu of worker 1", "2 failures, the last: it does not compute"), ((string)quarantine["who"]!, (string)quarantine["detail"]!));
        Assert.Equal((3L, 2L), (run.Count("workers_started"), run.Count("faults")));
        Assert.Equal(2, run.WorkersOfViews[^1]);
    });

    [Fact]
    [Trait("Category", "Long")]
    public async Task AWorkerThatASignalOfItsOwnMakingEndsUnderASuccessorIsALanesDeath()
    {
        // The two that were there at first: who is struck was started by the supervisor that was killed.
        var run = await FragileRun.Of("segv", times: 1, workers: 2, "--supervise", "--fault", SupervisorKill);

        run.HasEnded();
        HasKilledTheSupervisor(run);
        var death = Assert.Single(FragileRun.Deaths(run));
        Assert.InRange(death.Node, 1, 2);
        var fault = Assert.Single(run.Faults, fault => (string)fault["role"]! == "node");
        Assert.Equal("device", (string)fault["kind"]!);
        Assert.StartsWith($"ended by SIGSEGV while computing lane {death.Lane} of step {death.Step} (sample ", (string)fault["detail"]!, StringComparison.Ordinal);
        var calm = await FragileRun.Calm();
        Assert.Equal(calm.LossBits, run.LossBits);
        Assert.Equal(calm.WeightsHash, run.WeightsHash);
    }

    [Fact]
    [Trait("Category", "Long")]
    public Task AWorkerSaysItselfWhyItEndsWhereNobodyIsLeftThatTheSystemWouldTell() => LongEnough.Run(Spec.Medium, async spec =>
    {
        const string Order = "device:worker=1@step=110";
        using var killed = TrainProcess.Start(spec, workers: 3, [Order], ["--orphan-grace", "100"]);
        await killed.Trains(3, step: 3);
        killed.Signal(Signals.Kill);
        await killed.IsKilled();
        using var resumed = TrainProcess.Resume(killed, "--fault", Order);
        var finished = await resumed.Finish();

        await finished.EqualsTheCalmRun();
        var fault = finished.Fault("device", 1, Order);
        Assert.Matches($"^ordered {Order}: [A-Za-z]+Exception: ", (string)fault["detail"]!);
        finished.LastedUntil("the check of its device", finished.Output.Contains("cpu of worker 1 passes its check", StringComparison.Ordinal));
        var words = Assert.Single(Directory.EnumerateFiles(Path.Combine(killed.Folder, "last-words")));
        Assert.Equal($"{((string)fault["who"]!)[1..].Split(' ')[0]}.json", Path.GetFileName(words));
    });

    [Fact]
    public Task ASuccessorUsesNoDeviceThatItsPredecessorGaveUp() => ASuccessorUsesNoDeviceThatItsPredecessorDidNot(failures: "1", quarantines: 1);

    [Fact]
    [Trait("Category", "Long")]
    public Task ASuccessorUsesNoDeviceThatItsPredecessorHadNotCheckedYet() => ASuccessorUsesNoDeviceThatItsPredecessorDidNot(failures: "99", quarantines: 0);

    private static Task ASuccessorUsesNoDeviceThatItsPredecessorDidNot(string failures, int quarantines) => LongEnough.Run(Spec.Medium, async spec =>
    {
        const string Order = "device:worker=1@step=5";
        const string Kill = "kill:supervisor@step=40";
        var run = await FragileRun.OnABrokenMachine(
            spec, "--workers", "3", "--supervise", "--fault", Order, "--fault", Kill, "--device-failures", failures);

        await run.EqualsTheCalmRun();
        run.Fault("device", 1, Order);
        Assert.Equal($"ordered {Kill}", (string)run.Faults.Single(fault => (string)fault["role"]! == "supervisor")["detail"]!);
        run.LastedUntil("the quarantines", run.FaultKinds.Count(kind => kind == "quarantine") >= quarantines);
        Assert.Equal(quarantines, run.FaultKinds.Count(kind => kind == "quarantine"));

        // Had the successor forgotten, it would have started one at once, before its first step.
        Assert.Equal(3, run.Count("workers_started"));
        Assert.Equal(2, run.WorkersOfViews[^1]);
    });

    private static void HasKilledTheSupervisor(FinishedRun run) =>
        Assert.Equal($"ordered {SupervisorKill}", (string)run.Faults.Single(fault => (string)fault["role"]! == "supervisor")["detail"]!);
}
