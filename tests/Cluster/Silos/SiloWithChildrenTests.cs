using System.Globalization;
using System.Text.Json.Nodes;
using AtomGrains.Clustering;
using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Node.Workers;
using ProcessStat = AtomGrains.Node.Storage.ProcessStat;

namespace AtomGrains.Cluster.Tests.Silos;

/// <summary>
/// Two silos of two devices each: the four nodes are processes of their own, and what breaks one of them is no matter of the
/// cluster's membership.
/// </summary>
public sealed class SiloWithChildrenTests
{
    private const int Workers = 4;

    private static readonly string[] TwoDevicesASilo = ["--host", "orleans", "--device", "cpu,cpu"];

    [Fact]
    public Task AChildThatDiesTakesNeitherItsSiloNorTheOthers() => LongEnough.Run(Spec.Long, async spec =>
    {
        using var run = TrainProcess.Start(spec, Workers, [$"device-abort:worker=2@step={spec.Steps / 4}"], TwoDevicesASilo);
        var status = await run.Trains(Workers, step: 5);
        var silos = SilosOf(status);
        Assert.Equal(2, silos.Count);
        Assert.Equal([2, 2], silos.Select(silo => ChildrenOf(status, silo).Count));
        var killed = status.Worker(1).Pid;
        TakeMarkAway(run, killed);
        await run.Strike(Signals.Kill, killed);
        await run.Shows("worker 1 in another process", now => now.Running.Any(node => node.Worker == 1 && node.Pid != killed));
        var later = await run.Shows("worker 2 in another process", now => now.Running.Any(node => node.Worker == 2 && node.Pid != status.Worker(2).Pid));
        Assert.Equal(silos, SilosOf(later));
        foreach (var worker in new[] { 0, 3 })
        {
            Assert.Equal(status.Worker(worker).Pid, later.Worker(worker).Pid);
        }

        Assert.Empty(new FileMembershipTable(run.Folder).Dead());
        var finished = await run.Finish();
        await finished.EqualsTheCalmRun();
        finished.LostNoStep();
        Assert.NotNull(finished.Fault("kill", worker: 1));
        Assert.Contains("SIGABRT", (string?)finished.Fault("device-abort", worker: 2)["detail"], StringComparison.Ordinal);
        Assert.True(finished.Count("workers_started") == Workers + 2, string.Join('\n', LinesOfSilos(run)));
        CopiesAreOnTwoHosts(finished.Views[0]);
        Assert.Contains(LinesOfSilos(run), line => line.Contains("a child process cannot be looked after", StringComparison.Ordinal));
        Assert.Contains(LinesOfSilos(run), line => line.Contains("cpu passes its check", StringComparison.Ordinal));
    });

    [Fact]
    public Task ADeviceThatFailedTooOftenIsUsedNoMoreAndTheLedgerSaysSo() => LongEnough.Run(Spec.Long, async spec =>
    {
        const string Order = "device:worker=1@step=10";
        using var run = TrainProcess.Start(spec, Workers, [Order], [.. TwoDevicesASilo, "--device-failures", "1"]);
        var finished = await run.Finish();
        await finished.EqualsTheCalmRun();
        finished.Fault("device", worker: 1, Order);
        finished.LastedUntil("the quarantine", finished.FaultKinds.Contains("quarantine"));
        var quarantine = Assert.Single(finished.Faults, fault => (string)fault["kind"]! == "quarantine");
        Assert.Equal("cpu of worker 1", (string)quarantine["who"]!);
        Assert.StartsWith("1 failures, the last: ", (string)quarantine["detail"]!, StringComparison.Ordinal);
        Assert.Equal(Workers, finished.Count("workers_started"));
        Assert.Equal(Workers - 1, finished.WorkersOfViews[^1]);
    });

    [Fact]
    public Task TheChildrenOfAKilledSiloEndByThemselvesAndNoStepIsLost() => LongEnough.Run(Spec.Long, async spec =>
    {
        using var run = TrainProcess.Start(spec, Workers, options: TwoDevicesASilo);
        var status = await run.Trains(Workers, step: 5);
        var killed = SilosOf(status)[0];
        var orphans = ChildrenOf(status, killed);
        Assert.Equal(2, orphans.Count);
        await run.Strike(Signals.Kill, killed);
        await run.Holds("the end of the killed silo's children", () => !run.Processes().Intersect(orphans).Any());
        await run.Shows("another silo in its place", now => now.Running.Count == Workers && SilosOf(now).Count == 2 && !SilosOf(now).Contains(killed));
        var finished = await run.Finish();
        await finished.EqualsTheCalmRun();
        finished.LostNoStep();
        finished.LastedUntil("two ends", finished.FaultKinds.Count(kind => kind == "end") >= 2);
        Assert.Equal(2, finished.FaultKinds.Count(kind => kind == "end"));
    });

    [Fact]
    [Trait("Category", "Long")]
    public Task ASiloThatIsAskedToEndHandsOverAllItsChildren() => LongEnough.Run(Spec.Long, async spec =>
    {
        using var run = TrainProcess.Start(spec, Workers, options: TwoDevicesASilo);
        var status = await run.Trains(Workers, step: 5);
        var asked = SilosOf(status)[1];
        var children = ChildrenOf(status, asked);
        await run.Strike(Signals.Terminate, asked);
        await Eventually.Holds("the end of the silo and its children", () => !run.Processes().Intersect(children.Append(asked)).Any());
        var finished = await run.Finish();
        await finished.EqualsTheCalmRun();
        finished.LostNoStep();
        finished.LastedUntil("two that leave", finished.FaultKinds.Count() >= 2);
        Assert.Equal(["exit", "exit"], finished.FaultKinds);
    });

    [Fact]
    [Trait("Category", "Long")]
    public Task AChildThatIsPausedIsReplacedOnItsDeviceAndDoesNoHarmWhenItWakes() => LongEnough.Run(Spec.Long with { Steps = 250 }, async spec =>
    {
        // Long enough to notice the pause, to start a replacement and to wake the first one.
        using var run = TrainProcess.Start(spec, Workers, ["stop+wake:worker=1@step=10/compute"], TwoDevicesASilo, pauseAfter: 2);
        var status = await run.Trains(Workers, step: 1);
        var (paused, silo) = (status.Worker(1).Pid, ParentOf(status.Worker(1).Pid));
        var later = await run.Shows("worker 1 in another process", now => now.Running.Any(node => node.Worker == 1 && node.Pid != paused));
        Assert.Equal(SilosOf(status), SilosOf(later));
        Assert.Equal(silo, ParentOf(later.Worker(1).Pid));
        await run.Holds("the end of the paused process once it has woken up", () => !run.Processes().Contains(paused));
        var finished = await run.Finish();
        await finished.EqualsTheCalmRun();
        finished.LostNoStep();
        Assert.NotNull(finished.Fault("stop+wake", worker: 1));
    });

    [Fact]
    [Trait("Category", "Long")]
    public Task ChildrenThatFailAgainAndAgainEndTheRunWithTheReason() => LongEnough.Run(Spec.Short, async spec =>
    {
        // A folder of that name cannot be replaced by a file. Every process that tries fails, and its successors would.
        using var run = TrainProcess.Start(spec, workers: 1, options: TwoDevicesASilo);
        await run.Shows("a process that starts", status => status.Nodes.Count > 0);
        Directory.CreateDirectory(Path.Combine(run.Folder, "model.safetensors"));
        var finished = await run.Finish();
        finished.LastedUntil("a folder in the weights' place", finished.ExitCode != 0);
        Assert.Equal(1, finished.ExitCode);
        Assert.Matches($"the run stopped: 6 worker processes failed at step {spec.Steps}, the last with [A-Za-z]+Exception: ", finished.Errors);

        // A file that cannot be written speaks against neither of the two devices.
        Assert.Equal(Enumerable.Repeat("crash", 6), finished.FaultKinds);
    });

    private static IReadOnlyList<int> SilosOf(RunStatus status) =>
        [.. status.Json["processes"]!.AsArray().Where(process => (string)process!["role"]! == "silo").Select(process => (int)process!["pid"]!)];

    private static IReadOnlyList<int> ChildrenOf(RunStatus status, int silo) =>
        [.. status.Nodes.Select(node => node.Pid).Where(pid => ParentOf(pid) == silo)];

    private static int ParentOf(int pid) => int.Parse(ProcessStat.Fields(pid)[ProcessStat.Parent], CultureInfo.InvariantCulture);

    // What a process was in the middle of cannot be read any more, as on a volume that is away.
    private static void TakeMarkAway(TrainProcess run, int pid)
    {
        var child = Directory.EnumerateFiles(Path.Combine(run.Folder, "children"), "*.json").Select(path => JsonNode.Parse(File.ReadAllText(path))!).Single(child => (int)child["Pid"]! == pid);
        var mark = LaneMark.PathOf(run.Folder, (int)child["Node"]!);
        File.Delete(mark);
        Directory.CreateDirectory(mark);
    }

    private static IEnumerable<string> LinesOfSilos(TrainProcess run) =>
        Directory.EnumerateFiles(Path.Combine(run.Folder, "logs"), "silo-*.log").Order().SelectMany(File.ReadAllLines);

    private static void CopiesAreOnTwoHosts(JsonNode view)
    {
        var hosts = view["Members"]!.AsArray().ToDictionary(member => (int)member!["Node"]!["Value"]!, member => (string)member!["Host"]!);
        Assert.Equal(2, hosts.Values.Distinct().Count());
        Assert.All(view["Partitions"]!.AsArray(), placement => Assert.NotEqual(hosts[(int)placement!["Primary"]!["Value"]!], hosts[(int)placement["Backup"]!["Value"]!]));
    }
}
