using System.Globalization;
using System.Text.Json.Nodes;
using AtomGrains.EndToEnd.Tests.Support;
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
    public async Task AKillOfEachSiloInTurnChangesNoBit()
    {
        string[] kills = ["kill:worker=0@step=20/compute", "kill:worker=1@step=50/seal", "kill:worker=2@step=80/apply"];
        using var run = TrainProcess.Start(Spec.Long, workers: 3, kills, OnOrleans);
        var finished = await run.Finish();
        await finished.EqualsTheCalmRun();
        Assert.True(finished.Count("workers_started") >= 6, finished.ToString());
        Assert.True(finished.Views.Count >= 4, finished.ToString());
    }

    [Fact]
    public async Task AKillOfTheRunGrainsSiloChangesNoBit()
    {
        using var run = TrainProcess.Start(Spec.Long, workers: 3, options: OnOrleans);
        await run.Trains(3, step: 5);
        var (coordinator, activations) = Coordinator(run.Folder);
        Assert.True(Signals.Send(coordinator, Signals.Kill));
        await run.Shows("another coordinator", _ => Coordinator(run.Folder).Activations > activations);
        var finished = await run.Finish();
        await finished.EqualsTheCalmRun();
        Assert.NotEqual(coordinator, Coordinator(run.Folder).Process);
    }

    [Fact]
    public async Task AllSilosButOneAtOnceChangeNoBit()
    {
        using var run = TrainProcess.Start(Spec.Long, workers: 3, options: OnOrleans);
        var status = await run.Trains(3, step: 5);
        Assert.True(Signals.Send(status.Worker(0).Pid, Signals.Kill));
        Assert.True(Signals.Send(status.Worker(1).Pid, Signals.Kill));
        await run.Shows("the devices that are waited for", now => (string?)now.Json["waiting_for"] is "devices: 1 of 3" or "devices: 2 of 3");
        var finished = await run.Finish();
        await finished.EqualsTheCalmRun();
        Assert.True(finished.Count("workers_started") >= 5, finished.ToString());
        Assert.Contains("waiting for devices: ", finished.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task APausedSiloIsReplacedAndDoesNoHarmWhenItWakes()
    {
        using var run = TrainProcess.Start(Spec.Long, workers: 3, ["stop+wake:worker=1@step=20/compute"], OnOrleans);
        var finished = await run.Finish();
        await finished.EqualsTheCalmRun();
        Assert.Contains("stop+wake", finished.FaultKinds);
    }

    [Fact]
    public async Task ASiloThatIsAskedToEndHandsOverAndNoStepIsLost()
    {
        using var run = TrainProcess.Start(Spec.Long, workers: 3, options: OnOrleans);
        var status = await run.Trains(3, step: 5);
        Assert.True(Signals.Send(status.Worker(2).Pid, Signals.Terminate));
        var finished = await run.Finish();
        await finished.EqualsTheCalmRun();
        Assert.Equal(finished.Spec.Steps, finished.Metrics.Count);
        Assert.DoesNotContain("kill", finished.FaultKinds);
    }

    [Fact]
    public async Task ARollingRestartOfAllSilosUnderLoadLosesNoStep()
    {
        // Long enough for three processes to start one after the other while it trains.
        using var run = TrainProcess.Start(Spec.Long with { Steps = 300 }, Workers, options: OnOrleans);
        for (var worker = 0; worker < Workers; worker++)
        {
            var old = (await run.Trains(Workers, step: 5)).Worker(worker).Pid;
            Assert.True(Signals.Send(old, Signals.Terminate));
            await run.Shows($"worker {worker} in a new process", status =>
                status.Running.Count == Workers && status.Running.Any(node => node.Worker == worker && node.Pid != old));
        }

        var finished = await run.Finish();
        await finished.EqualsTheCalmRun();
        Assert.Equal(Enumerable.Range(0, finished.Spec.Steps), finished.Metrics.Select(line => (int)line["step"]!));
        Assert.Single(finished.Metrics.Select(line => (long)line["lineage"]!).Distinct());
        Assert.Equal(2 * Workers, finished.Count("workers_started"));
        Assert.DoesNotContain("kill", finished.FaultKinds);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ASiloThatIsPausedForGoodIsFencedAndReplaced(bool isTheRunGrains)
    {
        using var run = TrainProcess.Start(Spec.Long, Workers, options: OnOrleans);
        var status = await run.Trains(Workers, step: 5);
        var coordinator = Coordinator(run.Folder).Process;
        var paused = status.Running.First(node => (node.Pid == coordinator) == isTheRunGrains);
        Assert.True(Signals.Send(paused.Pid, Signals.Stop));
        await run.Shows("the paused silo's replacement", now => now.Nodes.Any(node => node.Worker == paused.Worker && node.Pid != paused.Pid));
        var finished = await run.Finish();
        await finished.EqualsTheCalmRun();
        Assert.Contains(finished.Faults, fault => ((string)fault["who"]!).EndsWith($"worker {paused.Worker}", StringComparison.Ordinal));
        var node = Member(finished.Views[0], paused.Worker);
        Assert.NotNull(node);
        Assert.NotEqual(node, Member(finished.Views[^1], paused.Worker));
    }

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
