using System.Text.Json.Nodes;
using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Node.Workers;

namespace AtomGrains.EndToEnd.Tests.Runs;

/// <summary>A supervisor that dies or is told to end: nothing is left behind, and the folder can be used again.</summary>
public sealed class SupervisorTests : IDisposable
{
    private const int Interrupt = 2;
    private const int Stopped = 1;

    private string _folder = TrainProcess.NewFolder();

    public void Dispose() => TrainProcess.Remove(_folder);

    [Fact]
    public Task NodesOfAKilledSupervisorEndByThemselvesAndARunGoesOnFromWhatTheyLeft() => LongEnough.Run(Spec.Medium, async spec =>
    {
        BeginAnew();
        using (var killed = TrainProcess.Start(spec, workers: 3, options: ["--orphan-grace", "0.5"], folder: _folder))
        {
            var status = await killed.Trains(3, step: 3);

            // One of them is paused, and could not notice by itself.
            await killed.Strike(Signals.Stop, status.Worker(1).Pid);
            killed.Signal(Signals.Kill);
            await killed.LeavesNothing();
            await killed.IsKilled();
            Assert.All(Directory.EnumerateFiles(Path.Combine(_folder, "logs")), log => Assert.Contains("the supervisor is gone", File.ReadAllText(log), StringComparison.Ordinal));
            Assert.False((bool)killed.Status()!.Json["running"]!);
            Assert.False((bool)killed.Status()!.Json["finished"]!);
        }

        using var again = TrainProcess.Start(spec, workers: 2, folder: _folder);
        var finished = await again.Finish();

        await finished.EqualsTheCalmRun();
        Assert.Contains("is whole in what the nodes left when they ended", finished.Output, StringComparison.Ordinal);
        Assert.Equal(2, finished.Metrics.Select(line => (long)line["lineage"]!).Distinct().Count());

        // No committed step was lost: each has one line.
        Assert.Equal(spec.Steps, finished.Metrics.Count);
        Assert.True((bool)again.Status()!.Json["finished"]!);
    });

    /// <summary>Taken over, it would have a copy of some partitions and nobody one of the others: steps would be given up that are all there.</summary>
    [Fact]
    public Task WhoIsPausedWhileTheOthersLeaveIsWokenAndLeavesWhatItHasAsWell() => LongEnough.Run(Spec.Medium, async spec =>
    {
        using var killed = TrainProcess.Start(spec, workers: 3, options: ["--orphan-grace", "3", "--checkpoint-every", "0"]);
        var paused = (await killed.Trains(3, step: 3)).Worker(1).Pid;
        killed.Signal(Signals.Kill);
        await killed.IsKilled();

        // That wakes whoever is paused, so it comes first.
        Assert.True(Signals.Send(paused, Signals.Stop));
        await Eventually.Holds("the end of the others", () => killed.Processes().SequenceEqual([paused]));

        using var run = TrainProcess.Resume(killed);
        var finished = await run.Finish();
        await finished.EqualsTheCalmRun();
        Assert.Contains($"waits for the end of 1 nodes that were without a supervisor for too long (processes {paused})", finished.Output, StringComparison.Ordinal);
        Assert.Contains("is whole in what the nodes left when they ended", finished.Output, StringComparison.Ordinal);
        Assert.Empty(finished.GivenUp);
    });

    [Fact]
    [Trait("Category", "Long")]
    public Task ALossThatASupervisorHadNotGotOverWhenItDiedStandsInTheLedgerOnce() => LongEnough.Run(Spec.Long, async spec =>
    {
        const string Order = "kill:worker=1@step=5/compute";
        BeginAnew();
        using (var killed = TrainProcess.Start(spec, workers: 2, [Order], ["--orphan-grace", "0.5"], _folder))
        {
            // Nobody has a second copy of anything before a replacement has started, which takes far longer than this.
            await killed.Holds("the loss of worker 1", () => killed.Output.Contains("its lanes move", StringComparison.Ordinal));
            killed.Signal(Signals.Kill);
            await killed.LeavesNothing();
            await killed.IsKilled();
            Assert.Empty(await File.ReadAllTextAsync(Path.Combine(_folder, "faults.jsonl")));
        }

        using var again = TrainProcess.Start(spec, workers: 2, folder: _folder);
        var finished = await again.Finish();

        await finished.EqualsTheCalmRun();
        Assert.Equal(5, (long)finished.Fault("kill", 1, Order)["step"]!);
        Assert.Equal(["kill", "end"], finished.FaultKinds.OrderDescending());
        Assert.Equal(2, finished.Count("faults"));
    });

    [Fact]
    public Task CtrlCEndsARunWithItsFilesCompleteAndItGoesOnWhereItWas() => LongEnough.Run(Spec.Medium, async spec =>
    {
        BeginAnew();

        // As from a terminal: the signal goes to every process of the group.
        using (var ended = TrainProcess.Start(spec, workers: 3, folder: _folder, through: ["setsid"]))
        {
            await ended.Trains(3, step: 3);
            await ended.Strike(Interrupt, -ended.Pid);
            await EndedInOrder(ended);
        }

        // It went on from the very step at which it ended.
        using var again = TrainProcess.Start(spec, workers: 3, folder: _folder);
        var finished = await again.Finish();
        await finished.EqualsTheCalmRun();
        Assert.Equal(2, finished.Metrics.Select(line => (long)line["lineage"]!).Distinct().Count());
        Assert.False(File.Exists(Path.Combine(_folder, "metrics-given-up.jsonl")), finished.ToString());
    });

    [Fact]
    public async Task CtrlCWhileTheEngineIsAskedBlamesNoSetting()
    {
        using var ended = TrainProcess.Start(Spec.Medium, workers: 2, folder: _folder, through: ["setsid"]);
        await Eventually.Holds("a child, before there are workers", () => ended.Processes().Count > 1, () => ended.Output);
        Assert.True(Signals.Send(-ended.Pid, Interrupt));
        var finished = await ended.Finish();
        Assert.Equal((Stopped, "the run stopped: it was asked to end"), (finished.ExitCode, finished.Errors.Trim()));
    }

    [Fact]
    public Task ASupervisorThatWasPausedGoesOn() => LongEnough.Run(Spec.Medium, async spec =>
    {
        // Heartbeats of the time in which it slept are read late; nobody was silent for that.
        using var paused = TrainProcess.Start(spec, workers: 3, pauseAfter: 3.5);
        await paused.Trains(3, step: 3);
        paused.Signal(Signals.Stop);
        await Eventually.Holds("the pause", () => File.ReadAllText($"/proc/{paused.Pid}/stat").Contains(") T ", StringComparison.Ordinal));

        // Not a wait for something: the pause itself, longer than any silence that is forgiven.
        await Task.Delay(TimeSpan.FromSeconds(5));
        paused.Signal(Signals.Continue);
        var finished = await paused.Finish();

        await finished.EqualsTheCalmRun();
        Assert.DoesNotContain("stop", finished.FaultKinds);
    });

    [Fact]
    public Task ANoticeToTheSupervisorEndsARunThatHasHardlyBegun() => LongEnough.Run(Spec.Medium, async spec =>
    {
        using var ended = TrainProcess.Start(spec, workers: 3);
        await ended.Shows("a process that starts", status => status.Nodes.Count > 0);
        ended.Signal(Signals.Terminate);
        await EndedInOrder(ended);
    });

    private void BeginAnew()
    {
        TrainProcess.Remove(_folder);
        _folder = TrainProcess.NewFolder();
    }

    private static async Task EndedInOrder(TrainProcess ended)
    {
        var finished = await ended.Finish();
        finished.LastedUntil("the order to end", finished.ExitCode != 0);
        Assert.True(finished.ExitCode == Stopped, finished.ToString());
        Assert.Contains("the run stopped: it was asked to end", finished.Errors, StringComparison.Ordinal);
        Assert.Null(finished.WeightsHash);
        Assert.Equal(finished.Metrics.Count, finished.Count("steps_committed"));
        Assert.Empty(finished.Faults);
        Assert.Equal((false, false), ((bool)ended.Status()!.Json["running"]!, (bool)ended.Status()!.Json["finished"]!));
        Assert.Equal(Enumerable.Range(0, finished.Metrics.Count), finished.Metrics.Select(line => (int)line["step"]!));
        Assert.DoesNotContain(Directory.EnumerateFiles(ended.Folder, "*", SearchOption.AllDirectories), path => Path.GetFileName(path).StartsWith(".tmp", StringComparison.Ordinal));
        Assert.All(Directory.EnumerateFiles(ended.Folder, "*.json", SearchOption.AllDirectories), path => Assert.NotNull(JsonNode.Parse(File.ReadAllText(path))));
    }
}
