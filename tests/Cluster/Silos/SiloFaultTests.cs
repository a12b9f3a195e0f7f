using System.Globalization;
using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Node.Workers;

namespace AtomGrains.Cluster.Tests.Silos;

/// <summary>
/// Silo processes that die, are paused or leave: the weights are those of the embedded host's run with one worker that
/// lost nobody.
/// </summary>
public sealed class SiloFaultTests
{
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
        var finished = await run.Finish();
        await finished.EqualsTheCalmRun();
        Assert.True(finished.Count("workers_started") >= 5, finished.ToString());
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
