using System.Text.Json.Nodes;
using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Node.Workers;

namespace AtomGrains.EndToEnd.Tests.Runs;

/// <summary>A supervisor that dies or is told to end: nothing is left behind, and the folder can be used again.</summary>
public sealed class SupervisorTests : IDisposable
{
    private const int Interrupt = 2;
    private const int Stopped = 1;

    private readonly string _folder = TrainProcess.NewFolder();

    public void Dispose() => TrainProcess.Remove(_folder);

    [Fact]
    public async Task NodesOfAKilledSupervisorEndByThemselvesAndTheFolderBeginsAnew()
    {
        using (var killed = TrainProcess.Start(Spec.Medium, workers: 3, options: ["--orphan-grace", "0.5"], folder: _folder))
        {
            await killed.Trains(3, step: 3);
            killed.Signal(Signals.Kill);
            await killed.LeavesNothing();
            Assert.All(Directory.EnumerateFiles(Path.Combine(_folder, "logs")), log => Assert.Contains("the supervisor is gone", File.ReadAllText(log), StringComparison.Ordinal));
            Assert.False((bool)killed.Status()!.Json["running"]!);
            Assert.False((bool)killed.Status()!.Json["finished"]!);
        }

        using var again = TrainProcess.Start(Spec.Medium, workers: 2, folder: _folder);
        var finished = await again.Finish();

        await finished.EqualsTheCalmRun();
        Assert.Contains("starting from the seeded beginning", finished.Output, StringComparison.Ordinal);
        Assert.Equal(2, finished.Metrics.Select(line => (long)line["lineage"]!).Distinct().Count());
        Assert.True((bool)again.Status()!.Json["finished"]!);
    }

    [Fact]
    public async Task CtrlCEndsARunWithItsFilesCompleteAndTheFolderBeginsAnew()
    {
        // As from a terminal: the signal goes to every process of the group.
        using (var ended = TrainProcess.Start(Spec.Medium, workers: 3, folder: _folder, through: ["setsid"]))
        {
            await ended.Trains(3, step: 3);
            Assert.True(Signals.Send(-ended.Pid, Interrupt));
            await EndedInOrder(ended);
        }

        using var again = TrainProcess.Start(Spec.Medium, workers: 3, folder: _folder);
        await (await again.Finish()).EqualsTheCalmRun();
    }

    [Fact]
    public async Task ANoticeToTheSupervisorEndsARunThatHasHardlyBegun()
    {
        using var ended = TrainProcess.Start(Spec.Medium, workers: 3);
        await ended.Shows("a process that starts", status => status.Nodes.Count > 0);
        ended.Signal(Signals.Terminate);
        await EndedInOrder(ended);
    }

    private static async Task EndedInOrder(TrainProcess ended)
    {
        var finished = await ended.Finish();
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
