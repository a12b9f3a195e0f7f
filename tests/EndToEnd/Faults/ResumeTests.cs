using System.Text.Json.Nodes;
using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Node.Storage.Checkpoints;
using AtomGrains.Node.Storage.Objects;
using AtomGrains.Node.Workers;

namespace AtomGrains.EndToEnd.Tests.Faults;

/// <summary>Checkpoints with real processes: whatever dies, the run goes on from the newest whole one, and no bit tells.</summary>
public sealed class ResumeTests : IDisposable
{
    private const long Every = 10;

    private string _folder = TrainProcess.NewFolder();

    [Fact]
    [Trait("Category", "Long")]
    public Task ARunThatDiedWholeGoesOnIntoAnotherWorld() => LongEnough.Run(Spec.Medium, async spec =>
    {
        await KilledWhole(spec, workers: 3);
        using var run = TrainProcess.Start(spec, workers: 2, options: ["--resume", "--partitions", "3", "--checkpoint-every", $"{Every}"], folder: _folder);
        var finished = await run.Finish();

        await finished.EqualsTheCalmRun();
        Assert.Contains("goes on from the checkpoint of step", finished.Output, StringComparison.Ordinal);
        Assert.Equal(3, finished.Views[^1]["Partitions"]!.AsArray().Count);
        Assert.Equal(spec.Steps, finished.Count("steps_committed"));
        Assert.Equal(2, finished.Metrics.Select(line => (long)line["lineage"]!).Distinct().Count());

        // What it cost is in the line of the supervisor that died with all the others, and in the output.
        var lost = Assert.Single(finished.Faults);
        var given = (long)lost["step"]! - (long)finished.Metrics.First(line => (long)line["lineage"]! > 1)["step"]!;
        Assert.Equal(("supervisor", given), ((string)lost["role"]!, (long)lost["steps_redone"]!));
        Assert.True(given == 0 || finished.Output.Contains($": {given} committed steps will be computed again", StringComparison.Ordinal), finished.ToString());
        Assert.Equal(given, finished.GivenUp.Count);
        AllCheckpointsAreWhole(atLeast: 1);
    });

    [Fact]
    [Trait("Category", "Long")]
    public Task WhatNodesLeaveThatLostTheirSupervisorIsGoneOnFromInAnyNumberOfPartitions() => LongEnough.Run(Spec.Medium, async spec =>
    {
        BeginAnew();
        using var killed = TrainProcess.Start(spec, workers: 3, options: ["--partitions", "4", "--orphan-grace", "1"], folder: _folder);
        await killed.Trains(3, step: 3);
        killed.Signal(Signals.Kill);
        await killed.LeavesNothing();
        await killed.IsKilled();
        var decided = File.ReadLines(Path.Combine(_folder, "metrics.jsonl")).Count();
        using var run = TrainProcess.Start(spec, workers: 2, options: ["--resume", "--partitions", "3"], folder: _folder);
        var finished = await run.Finish();

        await finished.EqualsTheCalmRun();
        Assert.Contains("is whole in what the nodes left", finished.Output, StringComparison.Ordinal);
        Assert.Equal((4, 3), (finished.Views[0]["Partitions"]!.AsArray().Count, finished.Views[^1]["Partitions"]!.AsArray().Count));

        // The step after the last one that was written down may have been decided, and no step was given up.
        var from = (long)finished.Metrics.First(line => (long)line["lineage"]! > 1)["step"]!;
        Assert.InRange(from, decided, decided + 1);
        Assert.Empty(finished.GivenUp);
        Assert.False(Directory.Exists(Path.Combine(_folder, "orphans")));
    });

    [Fact]
    public Task CheckpointsThatAreNotWholeArePassedOverByName() => LongEnough.Run(Spec.Medium, async spec =>
    {
        await KilledWhole(spec, workers: 2);
        var manifests = Store.List().OrderBy(checkpoint => checkpoint.Step).ToList();
        Assert.True(manifests.Count >= 3, $"{manifests.Count} checkpoints");
        var flipped = Store.ReadManifest(manifests[^1]).Manifest.Slices[0].Object;
        var cut = Store.ReadManifest(manifests[^2]).Manifest.Slices[1].Object;
        Change(flipped, bytes => bytes[^1] ^= 1);
        using (var file = File.OpenWrite(Path.Combine(_folder, "checkpoints", cut)))
        {
            file.SetLength(file.Length - 1);
        }

        await IsRefused("seed is 1337 there and 5 here", "--seed", "5");
        await IsRefused("must be a folder, or az://", "--store", "s3://bucket");
        await IsRefused("data.hash is", "--data", OtherText());
        var metrics = Path.Combine(_folder, "metrics.jsonl");
        var lines = File.ReadAllBytes(metrics);
        File.WriteAllBytes(metrics, [.. "{\n"u8, .. lines]);
        await IsRefused($"error: --out {_folder}: holds something else: ");
        File.WriteAllBytes(metrics, lines);
        var record = Path.Combine(_folder, "run.json");
        var here = File.ReadAllText(record);
        var elsewhere = JsonNode.Parse(here)!;
        elsewhere["bits_class"] = "another machine";
        File.WriteAllText(record, elsewhere.ToJsonString());
        await IsRefused("bits_class is another machine there");
        elsewhere = JsonNode.Parse(here)!;
        elsewhere["program"] = new string('0', 64);
        File.WriteAllText(record, elsewhere.ToJsonString());
        await IsRefused("program is 000000000000 there and ");

        // As of a volume that is not mounted: nobody wants all that again.
        var checkpoints = Path.Combine(_folder, "checkpoints");
        Directory.Move(checkpoints, checkpoints + "-elsewhere");
        await IsRefused("has no checkpoint at all, and the run's newest was of step", "--allow-environment-change");
        Directory.Move(checkpoints + "-elsewhere", checkpoints);

        using var run = TrainProcess.Start(spec, workers: 2, options: ["--resume", "--allow-environment-change"], folder: _folder);
        var finished = await run.Finish();
        await finished.EqualsTheCalmRun();
        Assert.Contains($"{flipped}: its SHA-256 is", finished.Output, StringComparison.Ordinal);
        Assert.Contains($"{cut}: it has", finished.Output, StringComparison.Ordinal);
        Assert.Contains($"goes on from the checkpoint of {manifests[^3]}", finished.Output, StringComparison.Ordinal);

        // Nobody died of a resume that was refused.
        Assert.DoesNotContain(finished.Faults, fault => ((string)fault["who"]!).StartsWith("supervisor 2", StringComparison.Ordinal));
    });

    [Fact]
    public Task LossOfBothCopiesGoesBackToTheNewestCheckpoint() => LongEnough.Run(Spec.Medium, async spec =>
    {
        using var run = TrainProcess.Start(spec, workers: 4, options: ["--checkpoint-every", $"{Every}"]);
        var status = await run.Shows("a checkpoint", status => status.CheckpointStep >= Every && status.Running.Count == 4);
        var first = status.Worker(0);
        var second = status.Running.First(node => node.Worker != 0 && node.Partitions.Intersect(first.Partitions).Any());
        Kill([first.Pid, second.Pid]);
        var finished = await run.Finish();

        await finished.EqualsTheCalmRun();
        finished.LastedUntil("the loss", finished.Output.Contains("going back to the checkpoint of step", StringComparison.Ordinal));
        var lost = finished.Fault("kill", second.Worker);
        Assert.InRange((long)lost["steps_redone"]!, 0, (long)lost["step"]! - Every);
    });

    [Fact]
    [Trait("Category", "Long")]
    public Task LossOfBothCopiesAndTheSupervisorIsSaidByTheTrueNumberOfSteps() => LongEnough.Run(Spec.Medium, async spec =>
    {
        using var killed = TrainProcess.Start(spec, workers: 4, options: ["--checkpoint-every", $"{Every}", "--orphan-grace", "100"]);
        var status = await killed.Shows("steps since a checkpoint", status => status.CheckpointStep >= Every && status.Step > status.CheckpointStep + 1 && status.Running.Count == 4);
        var first = status.Worker(0);
        var second = status.Running.First(node => node.Worker != 0 && node.Partitions.Intersect(first.Partitions).Any());
        Kill([killed.Pid, first.Pid, second.Pid]);
        await killed.IsKilled();
        using var resumed = TrainProcess.Resume(killed);
        var finished = await resumed.Finish();

        await finished.EqualsTheCalmRun();
        Assert.Contains("going back to the checkpoint of step", finished.Output, StringComparison.Ordinal);
        Assert.Contains($"; {finished.GivenUp.Count} committed steps will be computed again", finished.Output, StringComparison.Ordinal);
        Assert.Equal(3, finished.Faults.Count);
        Assert.All(finished.Faults, fault => Assert.Equal(finished.GivenUp.Count, (long)fault["steps_redone"]!));
        Assert.All(finished.Faults, fault => Assert.True((long)fault["step"]! >= Every, finished.ToString()));
    });

    [Fact]
    [Trait("Category", "Long")]
    public Task WorkersKilledWhileEveryStepIsACheckpointLeaveNoneTorn() => LongEnough.Run(Spec.Medium, async spec =>
    {
        BeginAnew();
        string[] kills = ["kill:worker=1@step=20/apply", "kill:worker=2@step=40/seal", "kill:worker=3@step=60/decide"];
        using var run = TrainProcess.Start(spec, workers: 5, kills, ["--checkpoint-every", "1", "--keep", "1000"], _folder);
        var finished = await run.Finish();

        await finished.EqualsTheCalmRun();
        finished.LastedUntil("20 checkpoints", Store.List().Count >= 20);
        AllCheckpointsAreWhole(atLeast: 20);
    });

    [Fact]
    public Task AStoreThatCannotBeWrittenCostsNoStepAndIsSaidOnce() => LongEnough.Run(Spec.Short, async spec =>
    {
        BeginAnew();
        var file = Path.Combine(_folder, "..", "no-folder");
        File.WriteAllText(file, "");
        using var run = TrainProcess.Start(spec, workers: 2, options: ["--checkpoint-every", "2", "--store", file], folder: _folder);
        var finished = await run.Finish();

        await finished.EqualsTheCalmRun();
        finished.LastedUntil("word of it", finished.Output.Contains("is not complete", StringComparison.Ordinal));
        Assert.Single(finished.Output.Split('\n'), line => line.Contains("is not complete", StringComparison.Ordinal));
        Assert.Contains("training goes on, there is none yet", finished.Output, StringComparison.Ordinal);
    });

    public void Dispose() => TrainProcess.Remove(_folder);

    private CheckpointStore Store => new(new DirectoryObjectStore(Path.Combine(_folder, "checkpoints")));

    private void BeginAnew()
    {
        TrainProcess.Remove(_folder);
        _folder = TrainProcess.NewFolder();
    }

    private async Task KilledWhole(Spec spec, int workers)
    {
        BeginAnew();
        using var run = TrainProcess.Start(spec, workers, options: ["--checkpoint-every", $"{Every}"], folder: _folder);
        await run.Shows("three checkpoints", status => status.CheckpointStep >= 3 * Every && Store.List().Count >= 3);
        Kill(run.Processes());
        await run.LeavesNothing();
        await run.IsKilled();
    }

    private static void Kill(IReadOnlyList<int> processes)
    {
        // All are paused first, so that none of them lives to see another die.
        foreach (var signal in (int[])[Signals.Stop, Signals.Kill])
        {
            foreach (var pid in processes)
            {
                Signals.Send(pid, signal);
            }
        }
    }

    private void AllCheckpointsAreWhole(int atLeast)
    {
        var checkpoints = Store.List();
        Assert.True(checkpoints.Count >= atLeast, $"{checkpoints.Count} checkpoints");
        var elements = (int)JsonNode.Parse(File.ReadAllText(Path.Combine(_folder, "run.json")))!["elements"]!;
        Assert.All(checkpoints, checkpoint => Assert.Null(Store.Verify(checkpoint, elements, out _)));
    }

    private void Change(string name, Action<byte[]> change)
    {
        var path = Path.Combine(_folder, "checkpoints", name);
        var bytes = File.ReadAllBytes(path);
        change(bytes);
        File.WriteAllBytes(path, bytes);
    }

    private string OtherText()
    {
        var path = Path.Combine(_folder, "..", "other.txt");
        File.WriteAllText(path, File.ReadAllText(TestText.Path)[..^100]);
        return path;
    }

    private async Task IsRefused(string named, params string[] options)
    {
        var ended = await AtomProgram.Run(["train", "--resume", "--out", _folder, .. options]);
        Assert.Equal(2, ended.ExitCode);
        Assert.Contains(named, Assert.Single(ended.Errors.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }
}
