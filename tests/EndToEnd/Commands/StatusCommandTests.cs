using System.Text.Json.Nodes;
using AtomGrains.Commands;
using AtomGrains.Core.Options;
using AtomGrains.Core.Runs;
using AtomGrains.Node.Storage;

namespace AtomGrains.EndToEnd.Tests.Commands;

public sealed class StatusCommandTests : IDisposable
{
    // Above the largest pid that Linux gives out.
    private const int NoProcess = (1 << 22) + 1;

    private readonly string _folder = Directory.CreateTempSubdirectory("atomgrains-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void AFolderWithoutARunIsRefused()
    {
        var error = Assert.Throws<InvalidSettingsException>(() => Run(json: false));
        Assert.Equal($"--out {_folder}: holds no run (no run.json)", error.Message);
    }

    [Fact]
    public void ARunningRunShowsItsProcessesAndTheGoneOnes()
    {
        WriteRun();
        using var held = RunFolderLock.TryAcquire(_folder);
        Assert.NotNull(held);
        var json = JsonNode.Parse(Run(json: true))!;
        Assert.Equal((12, 2.5, 3, true, false), ((long)json["step"]!, (double)json["loss"]!, (long)json["generation"]!, (bool)json["running"]!, (bool)json["finished"]!));
        Assert.Equal(["running", "gone"], json["processes"]!.AsArray().Select(process => (string)process!["state"]!));
        Assert.Equal(["pid", "role", "worker", "lanes", "partitions", "state"], json["processes"]![1]!.AsObject().Select(property => property.Key));
        Assert.StartsWith("running  step 12  loss 2.5000  generation 3", Run(json: false), StringComparison.Ordinal);
    }

    [Fact]
    public void WhatARunningRunWaitsForIsALineOfItsOwn()
    {
        WriteRun("devices: 3 of 4");
        Assert.DoesNotContain("waiting", Run(json: false), StringComparison.Ordinal);
        using var held = RunFolderLock.TryAcquire(_folder);
        Assert.Contains("\nwaiting for devices: 3 of 4\n", Run(json: false), StringComparison.Ordinal);
        Assert.Equal("devices: 3 of 4", (string?)JsonNode.Parse(Run(json: true))!["waiting_for"]);
    }

    [Fact]
    public void TheProcessThatHostsTheCoordinatorSaysSo()
    {
        WriteRun(coordinator: NoProcess);
        var lines = Run(json: false).Split('\n');
        Assert.EndsWith("running", lines[1], StringComparison.Ordinal);
        Assert.EndsWith("gone, hosts the coordinator", lines[2], StringComparison.Ordinal);
        Assert.Equal(NoProcess, (int)JsonNode.Parse(Run(json: true))!["coordinator_pid"]!);
    }

    [Fact]
    public void ARunWhoseSupervisorIsGoneIsNotRunning()
    {
        WriteRun();
        Assert.False((bool)JsonNode.Parse(Run(json: true))!["running"]!);
        Assert.StartsWith("not running  step 12", Run(json: false), StringComparison.Ordinal);
    }

    [Fact]
    public void AStatusThatCannotBeReadIsRefusedInOneLine()
    {
        WriteRun();
        File.WriteAllText(Path.Combine(_folder, RunStatus.FileName), "{");
        Assert.StartsWith($"--out {_folder}: status.json: ", Assert.Throws<InvalidSettingsException>(() => Run(json: true)).Message, StringComparison.Ordinal);
    }

    private void WriteRun(string? waitingFor = null, int? coordinator = null)
    {
        var spec = new RunSpec { Model = new ModelSpec(), Optimizer = new OptimizerSpec(), Evaluation = new EvaluationSpec(), Data = new DataSpec() };
        RunRecord.Of(spec, "cpu", new Dictionary<string, string>(), DateTimeOffset.UnixEpoch).Write(_folder);
        new RunStatus
        {
            Step = 12,
            Loss = 2.5,
            Generation = 3,
            WaitingFor = waitingFor,
            CoordinatorPid = coordinator,
            Processes =
            [
                new ProcessStatus(Environment.ProcessId, "supervisor", null, [], [], "running"),
                new ProcessStatus(NoProcess, "node", 1, [4, 5], [0, 1], "running"),
            ],
        }.Write(_folder);
    }

    private string Run(bool json)
    {
        using var output = new StringWriter();
        Assert.Equal(0, StatusCommand.Run(_folder, json, output));
        return output.ToString();
    }
}
