using System.Globalization;
using System.Text.Json.Nodes;
using AtomGrains.Commands;
using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Workers;

namespace AtomGrains.Cluster.Tests.Silos;

/// <summary>
/// Silo processes that die, are paused or leave: the weights are those of the embedded host's run with one worker that
/// lost nobody.
/// </summary>
public sealed class SiloFaultTests
{
    private const int Workers = 3;

    private static readonly string[] OnOrleans = ["--host", "orleans"];

    [Fact]
    public async Task SilosThatNothingHappensToEndWithTheEmbeddedHostsWeights()
    {
        using var run = TrainProcess.Start(Spec.Short, workers: 3, options: OnOrleans);
        var finished = await run.Finish();
        await finished.EqualsTheCalmRun();
    }

    [Fact]
    public Task AKillOfEachSiloInTurnChangesNoBit() => LongEnough.Run(Spec.Long, async spec =>
    {
        string[] kills = [$"kill:worker=0@step={spec.Steps / 5}/compute", $"kill:worker=1@step={spec.Steps / 2}/seal", $"kill:worker=2@step={spec.Steps * 4 / 5}/apply"];
        using var run = TrainProcess.Start(spec, workers: 3, kills, OnOrleans);
        var finished = await run.Finish();
        await finished.EqualsTheCalmRun();

        // Where replacements are slow to start, the last kill may be that of the only silo that is left.
        var last = finished.Fault("kill", worker: 2, kills[2]);
        finished.LastedUntil("a second copy of all partitions before the last kill", finished.HasBackups((long)last["generation_before"]!));
        finished.LostNoStep();
        finished.LastedUntil("six processes", finished.Count("workers_started") >= 6);
        Assert.True(finished.Views.Count >= 4, finished.ToString());
    });

    [Fact]
    public Task AKillOfTheRunGrainsSiloChangesNoBit() => LongEnough.Run(Spec.Long, async spec =>
    {
        using var run = TrainProcess.Start(spec, workers: 3, options: OnOrleans);
        await run.Trains(3, step: 5);
        var (coordinator, activations) = Coordinator(run.Folder);
        await run.Strike(Signals.Kill, coordinator);
        await run.Shows("another coordinator", _ => Coordinator(run.Folder).Activations > activations);
        var finished = await run.Finish();
        await finished.EqualsTheCalmRun();
        finished.LostNoStep();
        Assert.NotEqual(coordinator, Coordinator(run.Folder).Process);
    });

    [Fact]
    [Trait("Category", "Long")]
    public Task AnOrderedKillOfTheCoordinatorsSiloStrikesThatSiloAndChangesNoBit() => LongEnough.Run(Spec.Long, async spec =>
    {
        var strikes = spec.Steps * 2 / 5;
        var order = $"kill:coordinator@step={strikes}";
        using var run = TrainProcess.Start(spec, Workers, [order], OnOrleans);
        var before = await run.Shows("the coordinator's silo", status => status.Running.Count == Workers && status.CoordinatorPid is not null && status.Step < strikes);
        var struck = Assert.Single(before.Running, node => node.Pid == before.CoordinatorPid);
        await run.Shows("the coordinator on another silo", status => status.CoordinatorPid is { } now && now != struck.Pid);
        var finished = await run.Finish();
        await finished.EqualsTheCalmRun();
        finished.LostNoStep();
        Assert.Single(finished.Faults, fault => ((string?)fault["detail"] ?? "").StartsWith("ordered ", StringComparison.Ordinal));
        Assert.InRange((long)finished.Fault("kill", struck.Worker, order)["step"]!, strikes - 1, strikes);
        Assert.Contains($"fault {order} strikes", finished.Output, StringComparison.Ordinal);
        finished.LastedUntil("word of its end", finished.Output.Contains($"silo {struck.Worker} (process {struck.Pid}), which hosted the coordinator, has ended", StringComparison.Ordinal));
    });

    [Fact]
    public Task TheLedgerSaysWhatASiloDiedOf() => LongEnough.Run(Spec.Long, async spec =>
    {
        const string Order = "device:worker=1@step=20";
        using var run = TrainProcess.Start(spec, Workers, ["device-abort:worker=2@step=60", Order], OnOrleans);
        var killed = (await run.Trains(Workers, step: 5)).Worker(0).Pid;
        await run.Strike(Signals.Kill, killed);
        var finished = await run.Finish();
        await finished.EqualsTheCalmRun();
        finished.LastedUntil("three faults", finished.FaultKinds.Count() >= 3);
        Assert.Equal(["device", "device-abort", "kill"], finished.FaultKinds.Order(StringComparer.Ordinal));
        Assert.Null((string?)finished.Fault("kill", worker: 0)["detail"]);
        Assert.Matches($"^ordered {Order}: [A-Za-z]+Exception: ", (string)finished.Fault("device", worker: 1, Order)["detail"]!);
        Assert.Contains("ended by SIGABRT", (string)finished.Fault("device-abort", worker: 2)["detail"]!, StringComparison.Ordinal);
        Assert.Equal(["device", "device-abort", "kill"], finished.Report!["recoveries"]!.AsArray().Select(recovery => (string)recovery!["kind"]!).Order(StringComparer.Ordinal));
        using var table = new StringWriter();
        FaultsCommand.Run(run.Folder, json: false, table);
        Assert.Contains("ended by SIGABRT", string.Join(' ', table.ToString().Split([' ', '\n', '|'], StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    });

    [Fact]
    [Trait("Category", "Long")]
    public Task ADeviceOfASiloThatFailsItsCheckIsQuarantinedAndTheLedgerSaysSo() => LongEnough.Run(Spec.Long, async spec =>
    {
        var order = $"device:worker=1@step={spec.Steps * 2 / 5}";
        var folder = Directory.CreateTempSubdirectory("atomgrains-program-").FullName;
        try
        {
            // No process starts from it once it is gone, a check's as well.
            var program = LinkedProgram.In(folder);
            using var run = TrainProcess.Start(spec, Workers, [order], [.. OnOrleans, "--device-failures", "2"], through: LinkedProgram.Through(program));
            await run.Trains(Workers, step: 1);
            File.Delete(program);
            var finished = await run.Finish();
            await finished.EqualsTheCalmRun();
            finished.LostNoStep();
            finished.Fault("device", worker: 1, order);
            finished.LastedUntil("a check that fails", finished.FaultKinds.Contains("quarantine"));
            Assert.Equal(["device", "device-check", "quarantine"], finished.FaultKinds.Order(StringComparer.Ordinal));
            foreach (var (kind, detail) in new[] { ("device-check", "cannot be checked: "), ("quarantine", "2 failures, the last: cannot be checked: ") })
            {
                var line = finished.Faults.Single(fault => (string)fault["kind"]! == kind);
                Assert.Equal("cpu of worker 1", (string)line["who"]!);
                Assert.StartsWith(detail, (string)line["detail"]!, StringComparison.Ordinal);
            }

            Assert.Equal(Workers, finished.Count("workers_started"));
            Assert.Equal(1, finished.Count("faults"));
            Assert.Equal(Workers - 1, finished.WorkersOfViews[^1]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    });

    [Fact]
    public async Task OfARunWithoutADeviceThatIsLeftTheLedgerSaysWhy()
    {
        const string Order = "device:worker=0@step=5";
        using var run = TrainProcess.Start(Spec.Short, workers: 1, [Order], [.. OnOrleans, "--device-failures", "1"]);
        var finished = await run.Finish();
        Assert.Equal(1, finished.ExitCode);
        Assert.Matches("the run stopped: every device is quarantined; the last one: [A-Za-z]+Exception: ", finished.Errors);
        Assert.Equal(["device", "quarantine"], finished.FaultKinds.Order(StringComparer.Ordinal));
        finished.Fault("device", worker: 0, Order);
        Assert.Equal(1, finished.Count("faults"));
    }

    [Fact]
    public Task AllSilosButOneAtOnceChangeNoBit() => LongEnough.Run(Spec.Long, async spec =>
    {
        using var run = TrainProcess.Start(spec, workers: 3, options: OnOrleans);
        var status = await run.Trains(3, step: 5);
        await run.Strike(Signals.Kill, status.Worker(0).Pid, status.Worker(1).Pid);
        await run.Shows("the devices that are waited for", now => (string?)now.Json["waiting_for"] is "devices: 1 of 3" or "devices: 2 of 3");
        var finished = await run.Finish();
        await finished.EqualsTheCalmRun();
        finished.LastedUntil("five processes", finished.Count("workers_started") >= 5);
        Assert.Contains("waiting for devices: ", finished.Output, StringComparison.Ordinal);
    });

    [Fact]
    [Trait("Category", "Long")]
    public Task AllSilosAtOnceAreFollowedByAsManyThatJoinAtOnce() => LongEnough.Run(Spec.Long, async spec =>
    {
        using var run = TrainProcess.Start(spec, workers: 3, options: [.. OnOrleans, "--checkpoint-every", "4"]);
        var status = await run.Trains(3, step: 5);
        await run.Strike(Signals.Kill, [.. Enumerable.Range(0, 3).Select(worker => status.Worker(worker).Pid)]);
        var finished = await run.Finish();
        await finished.EqualsTheCalmRun();

        // The rows of the dead say that they live, and nobody is there to say otherwise but those who want to join.
        finished.LastedUntil("the death of all three", finished.Count("faults") >= 3);
        Assert.Equal(6, finished.Count("workers_started"));
        Assert.DoesNotContain("exit code 134", finished.Output, StringComparison.Ordinal);
    });

    [Fact]
    public Task APausedSiloIsReplacedAndDoesNoHarmWhenItWakes() => LongEnough.Run(Spec.Long with { Steps = 300 }, async spec =>
    {
        // Long enough to notice the pause, to start a replacement and to wake the first one.
        const string Order = "stop+wake:worker=1@step=20/compute";
        using var run = TrainProcess.Start(spec, Workers, [Order], OnOrleans);
        var zombie = (await run.Shows("the workers", status => status.Running.Count == Workers)).Worker(1).Pid;
        await run.Shows("the zombie's replacement", status => status.Running.Any(node => node.Worker == 1 && node.Pid != zombie));
        await run.Holds("the end of the zombie that woke up", () => !run.Processes().Contains(zombie));
        var finished = await run.Finish();
        await finished.EqualsTheCalmRun();
        finished.LostNoStep();
        finished.Fault("stop+wake", worker: 1, Order);
        Assert.Contains($"silo 1's first process {zombie} wakes up after its replacement has joined", finished.Output, StringComparison.Ordinal);

        // It had computed a lane before it was paused, and pushes what it has when it wakes: of a view that is no more.
        Assert.True(finished.Count("stale_generation_rejected") > 0, finished.ToString());
    });

    [Fact]
    [Trait("Category", "Long")]
    public Task ASiloThatIsAskedToEndHandsOverAndNoStepIsLost() => LongEnough.Run(Spec.Long, async spec =>
    {
        using var run = TrainProcess.Start(spec, workers: 3, options: OnOrleans);
        var status = await run.Trains(3, step: 5);
        await run.Strike(Signals.Terminate, status.Worker(2).Pid);
        var finished = await run.Finish();
        await finished.EqualsTheCalmRun();
        finished.LostNoStep();
        Assert.DoesNotContain("kill", finished.FaultKinds);
    });

    [Fact]
    public Task ARollingRestartOfAllSilosUnderLoadLosesNoStep() => LongEnough.Run(Spec.Long with { Steps = 300 }, async spec =>
    {
        // Long enough for three processes to start one after the other while it trains.
        using var run = TrainProcess.Start(spec, Workers, options: OnOrleans);
        for (var worker = 0; worker < Workers; worker++)
        {
            var old = (await run.Trains(Workers, step: 5)).Worker(worker).Pid;
            await run.Strike(Signals.Terminate, old);
            await run.Shows($"worker {worker} in a new process", status =>
                status.Running.Count == Workers && status.Running.Any(node => node.Worker == worker && node.Pid != old));
        }

        var finished = await run.Finish();
        await finished.EqualsTheCalmRun();
        Assert.Equal(Enumerable.Range(0, spec.Steps), finished.Metrics.Select(line => (int)line["step"]!));
        finished.LostNoStep();
        Assert.Equal(2 * Workers, finished.Count("workers_started"));
        Assert.DoesNotContain("kill", finished.FaultKinds);
    });

    [Fact]
    public Task TheRunGrainsSiloThatIsPausedForGoodIsFencedAndReplaced() => ASiloThatIsPausedForGoodIsFencedAndReplaced(isTheRunGrains: true);

    [Fact]
    [Trait("Category", "Long")]
    public Task AnotherSiloThatIsPausedForGoodIsFencedAndReplaced() => ASiloThatIsPausedForGoodIsFencedAndReplaced(isTheRunGrains: false);

    private static Task ASiloThatIsPausedForGoodIsFencedAndReplaced(bool isTheRunGrains) => LongEnough.Run(Spec.Long, async spec =>
    {
        using var run = TrainProcess.Start(spec, Workers, options: OnOrleans);
        var status = await run.Trains(Workers, step: 5);
        var coordinator = Coordinator(run.Folder).Process;
        var paused = status.Running.First(node => (node.Pid == coordinator) == isTheRunGrains);
        await run.Strike(Signals.Stop, paused.Pid);
        await run.Shows("the paused silo's replacement", now => now.Nodes.Any(node => node.Worker == paused.Worker && node.Pid != paused.Pid));
        var finished = await run.Finish();
        await finished.EqualsTheCalmRun();
        finished.LostNoStep();
        finished.LastedUntil("a line of the paused silo", finished.Faults.Any(fault => ((string)fault["who"]!).EndsWith($"worker {paused.Worker}", StringComparison.Ordinal)));
        var node = Member(finished.Views[0], paused.Worker);
        Assert.NotNull(node);
        Assert.NotEqual(node, Member(finished.Views[^1], paused.Worker));
    });

    /// <summary>The node that is a worker in a view; null when none is.</summary>
    private static int? Member(JsonNode view, int worker) =>
        (int?)view["Members"]!.AsArray().SingleOrDefault(member => (int)member!["Slot"]! == worker)?["Node"]!["Value"];

    /// <summary>The process of the newest activation of the run grain, and how many there have been.</summary>
    private static (int Process, int Activations) Coordinator(string folder)
    {
        var lines = Directory.EnumerateFiles(Path.Combine(folder, "logs"), "silo-*.log").SelectMany(ReadLines)
            .Where(line => line.Contains("coordinator is active on", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToList();
        return (int.Parse(lines[^1].Split(' ')[^1], CultureInfo.InvariantCulture), lines.Count);
    }

    private static IEnumerable<string> ReadLines(string path)
    {
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd().Split('\n');
    }
}
