using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Node.Workers;

namespace AtomGrains.EndToEnd.Tests.Faults;

/// <summary>A supervisor that dies while its nodes live: its successor goes on with them, and nothing is done twice.</summary>
public sealed class SupervisorKillTests
{
    private const int Interrupt = 2;
    private const int Stopped = 1;
    private const int BadInput = 2;

    [Fact]
    public async Task ASupervisorKilledAtEachPointOfAStepIsStartedAgainAndNoBitChanges()
    {
        // The first before any node has heard of a view, the last two one after the other, and one with a worker.
        string[] kills =
        [
            "kill:supervisor@step=0/join", "kill:supervisor@step=15/compute", "kill:supervisor@step=30/push", "kill:supervisor@step=45/seal",
            "kill:supervisor@step=60/decide", "kill:supervisor@step=75/apply", "kill:supervisor@step=100", "kill:supervisor@step=101",
        ];
        const string Worker = "kill:worker=1@step=75/apply";
        using var run = TrainProcess.Start(Spec.Medium, workers: 3, [.. kills, Worker], ["--supervise"]);
        var finished = await run.Finish();

        await finished.EqualsTheCalmRun();
        foreach (var (order, number) in kills.Select((order, index) => (order, index + 1)))
        {
            var fault = finished.Faults.Single(line => (string)line["who"]! == $"supervisor {number}");
            Assert.Equal(("kill", "supervisor", $"ordered {order}"), ((string)fault["kind"]!, (string)fault["role"]!, (string)fault["detail"]!));
            Assert.Equal(0, (long)fault["steps_redone"]!);
            Assert.True((long)fault["generation_after"]! > (long)fault["generation_before"]!, finished.ToString());
        }

        finished.Fault("kill", 1, Worker);
        Assert.Equal(kills.Length + 1, finished.Count("faults"));
        Assert.Single(finished.Metrics.Select(line => (long)line["lineage"]!).Distinct());
        Assert.Equal(finished.Views.Count, finished.Views.Select(view => view["Generation"]!.ToJsonString()).Distinct().Count());
    }

    [Fact]
    public Task AResumeByHandGoesOnWithTheVeryProcessesThatLive() => LongEnough.Run(Spec.Medium, async spec =>
    {
        using var killed = TrainProcess.Start(spec, workers: 3, options: ["--orphan-grace", "100"]);
        var before = await killed.Trains(3, step: 3);
        killed.Signal(Signals.Kill);
        await killed.IsKilled();
        await killed.OutputEnds();
        var decided = File.ReadLines(Path.Combine(killed.Folder, "metrics.jsonl")).Count();
        using var resumed = TrainProcess.Resume(killed);
        var after = await resumed.Trains(3, step: decided + 1);
        var second = await AtomProgram.Run("train", "--resume", "--out", killed.Folder);
        var finished = await resumed.Finish();

        await finished.EqualsTheCalmRun();
        Assert.Equal(before.Nodes.Select(node => node.Pid).Order(), after.Nodes.Select(node => node.Pid).Order());
        Assert.Equal(3, finished.Count("workers_started"));
        Assert.Single(finished.Metrics.Select(line => (long)line["lineage"]!).Distinct());
        Assert.Equal("end", (string)Assert.Single(finished.Faults)["kind"]!);
        finished.LastedUntil("a second resume", second.Errors.Contains("in use by", StringComparison.Ordinal));
        Assert.Equal(BadInput, second.ExitCode);
        Assert.StartsWith($"error: --out {killed.Folder}: run folder in use by process {resumed.Pid}; ", Assert.Single(second.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(killed.Folder, "supervisor.json")));
    });

    [Fact]
    public Task ASupervisorKilledDuringStartUpLeavesNodesThatItsSuccessorUses() => LongEnough.Run(Spec.Short, async spec =>
    {
        using var killed = TrainProcess.Start(spec, workers: 2);
        await killed.Shows("processes that start", status => status.Nodes.Count == 2);
        var post = Path.Combine(killed.Folder, "supervisor.json");
        Assert.True(OperatingSystem.IsLinux() && File.GetUnixFileMode(post) == (UnixFileMode.UserRead | UnixFileMode.UserWrite), "others can read the run's secret");
        Assert.DoesNotContain("ecret", await File.ReadAllTextAsync(Path.Combine(killed.Folder, "run.json")), StringComparison.Ordinal);
        killed.Signal(Signals.Kill);
        await killed.IsKilled();
        using var resumed = TrainProcess.Resume(killed);
        var finished = await resumed.Finish();

        await finished.EqualsTheCalmRun();
        Assert.Equal(2, finished.Count("workers_started"));
    });

    [Fact]
    public async Task ACrashLoopOfSupervisorsIsGivenUpWithTheReason()
    {
        string[] kills = [.. Enumerable.Repeat("kill:supervisor@step=0/join", 9)];
        using var run = TrainProcess.Start(Spec.Short, workers: 1, kills, ["--supervise", "--orphan-grace", "1"]);
        var finished = await run.Finish();

        Assert.Equal(Stopped, finished.ExitCode);
        Assert.Contains("the run stopped: its supervisor died 5 times without a step between, the last time by signal 9", finished.Errors, StringComparison.Ordinal);
        Assert.Empty(finished.Metrics);
    }

    [Fact]
    public Task CtrlCEndsASupervisedRunInOrder() => LongEnough.Run(Spec.Medium, async spec =>
    {
        using var ended = TrainProcess.Start(spec, workers: 2, options: ["--supervise"], through: ["setsid"]);
        await ended.Trains(2, step: 3);
        await ended.Strike(Interrupt, -ended.Pid);
        var finished = await ended.Finish();

        finished.LastedUntil("the interrupt", finished.ExitCode != 0);
        Assert.Equal(Stopped, finished.ExitCode);
        Assert.Contains("the run stopped: it was asked to end", finished.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("starting it again", finished.Errors, StringComparison.Ordinal);
    });

    [Fact]
    public async Task AResumeWithoutARunOrOfAnotherRunIsRefused()
    {
        var folder = TrainProcess.NewFolder();
        try
        {
            var none = await AtomProgram.Run("train", "--resume", "--out", folder);
            Assert.Equal((BadInput, $"error: --out {folder}: holds no run to resume (no run.json)"), (none.ExitCode, none.Errors.Trim()));
            Assert.False(Directory.Exists(folder));

            using var killed = TrainProcess.Start(Spec.Short, workers: 1, options: ["--orphan-grace", "0.1"], folder: folder);
            await killed.Shows("a process that starts", status => status.Nodes.Count > 0);
            killed.Signal(Signals.Kill);
            await killed.LeavesNothing();
            var other = await AtomProgram.Run("train", "--resume", "--out", folder, "--seed", "7");
            Assert.Equal(BadInput, other.ExitCode);
            Assert.StartsWith($"error: --out {folder}: holds another run (seed is 1337 there and 7 here); ", other.Errors, StringComparison.Ordinal);
        }
        finally
        {
            TrainProcess.Remove(folder);
        }
    }
}
