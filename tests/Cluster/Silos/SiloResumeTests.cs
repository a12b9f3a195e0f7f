using System.Collections.Concurrent;
using System.Diagnostics;
using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Workers;
using AtomGrains.Silo.Local;

namespace AtomGrains.Cluster.Tests.Silos;

/// <summary>A cluster of which nothing lives any more goes on from its newest checkpoint, and no bit tells.</summary>
public sealed class SiloResumeTests
{
    [Fact]
    public Task AClusterThatDiedWholeGoesOnIntoAnotherWorld() => LongEnough.Run(Spec.Medium, async spec =>
    {
        var folder = TrainProcess.NewFolder();
        using (var killed = TrainProcess.Start(spec, workers: 3, options: ["--host", "orleans", "--checkpoint-every", "10"], folder: folder))
        {
            var status = await killed.Shows("a checkpoint", now => now.CheckpointStep >= 10 && now.Running.Count == 3);
            killed.Signal(Signals.Kill);
            Assert.All(status.Running, silo => Signals.Send(silo.Pid, Signals.Kill));
            await killed.LeavesNothing();
            await killed.IsKilled();
        }

        using var run = TrainProcess.Start(spec, workers: 2, options: ["--host", "orleans", "--resume"], folder: folder);
        var finished = await run.Finish();
        await finished.EqualsTheCalmRun();
        Assert.Contains("goes on from the checkpoint of step", finished.Output, StringComparison.Ordinal);
    });

    [Fact]
    public Task ARunThatIsAskedToEndGoesOnFromItsNewestStep() => LongEnough.Run(Spec.Long, async spec =>
    {
        // As by Ctrl-C, and no checkpoint but the one that is made of what the silos leave.
        const int Interrupt = 2;
        using var asked = TrainProcess.Start(spec, workers: 2, options: ["--host", "orleans", "--checkpoint-every", "0"]);
        await asked.Trains(2, step: 5);
        asked.Signal(Interrupt);
        var ended = await asked.Finish();
        ended.LastedUntil("the order to end", ended.ExitCode != 0);
        Assert.Equal((1, "the run stopped: it was asked to end"), (ended.ExitCode, ended.Errors.Trim()));
        Assert.Empty(ended.Faults);

        using var run = TrainProcess.Resume(asked);
        var finished = await run.Finish();
        await finished.EqualsTheCalmRun();
        Assert.Matches("step [0-9]+ is whole in what the nodes left when they ended", finished.Output);
        Assert.Empty(finished.GivenUp);
    });

    [Fact]
    [Trait("Category", "Long")]
    public Task SilosOfADeviceWhoseLauncherIsKilledLeaveTheirNewestStepAndTheRunGoesOnFromIt() =>
        SilosWhoseLauncherIsKilledLeaveTheirNewestStepAndTheRunGoesOnFromIt("cpu", workers: 2);

    [Fact]
    [Trait("Category", "Long")]
    public Task SilosOfTwoDevicesWhoseLauncherIsKilledLeaveTheirNewestStepAndTheRunGoesOnFromIt() =>
        SilosWhoseLauncherIsKilledLeaveTheirNewestStepAndTheRunGoesOnFromIt("cpu,cpu", workers: 4);

    private static Task SilosWhoseLauncherIsKilledLeaveTheirNewestStepAndTheRunGoesOnFromIt(string devices, int workers) => LongEnough.Run(Spec.Long with { Steps = 300 }, async spec =>
    {
        // No checkpoint but the one that is made of what they leave, and long enough that they do not end the run by themselves.
        string[] options = ["--host", "orleans", "--device", devices, "--checkpoint-every", "0", "--orphan-grace", "1"];
        using var killed = TrainProcess.Start(spec, workers, options: options);
        await killed.Trains(workers, step: 5);
        killed.Signal(Signals.Kill);

        // At once, while they still train as a rule: it waits for them.
        using var run = TrainProcess.Resume(killed);
        var finished = await run.Finish();
        finished.LastedUntil("the silos' leave", finished.Output.Contains("goes on from the checkpoint of step", StringComparison.Ordinal));
        await finished.EqualsTheCalmRun();
        Assert.Matches("step [0-9]+ is whole in what the nodes left when they ended", finished.Output);
        Assert.Matches("goes on from the checkpoint of step [0-9]+", finished.Output);
        Assert.Empty(finished.GivenUp);
    });

    /// <summary>What they did is not done again, and they are not waited for until their grace is over.</summary>
    [Fact]
    public async Task ARunThatItsSilosBroughtToItsEndAloneIsOver()
    {
        string[] options = ["--host", "orleans", "--checkpoint-every", "0", "--orphan-grace", "3600"];
        using var killed = TrainProcess.Start(Spec.Medium, workers: 2, options: options);
        await killed.Trains(2, step: 5);
        killed.Signal(Signals.Kill);
        await Eventually.Holds("the end of the run", () => RunEnd.Read(killed.Folder) is not null);

        using var run = TrainProcess.Resume(killed);
        var finished = await run.Finish();
        await finished.EqualsTheCalmRun();
        Assert.Contains("silos of the attempt before had brought it to its end", finished.Output, StringComparison.Ordinal);
        Assert.Empty(finished.GivenUp);
        Assert.Empty(finished.Faults);
        Assert.Equal(2, (int)finished.Report!["workers_started"]!);
        await run.LeavesNothing();
    }

    [Fact]
    public async Task AnAttemptBeginsWhenNoSiloOfTheOneBeforeLivesAnyMore()
    {
        var folder = Directory.CreateTempSubdirectory("atomgrains-roll-").FullName;
        try
        {
            using var former = Process.Start("/bin/sleep", "3600");
            var roll = new SiloRoll(folder);
            roll.Add(null);
            roll.Add(new ProcessIdentity(Environment.ProcessId, "another boot"));
            roll.Add(ProcessIdentity.Of(former.Id));
            var noted = new ConcurrentQueue<string>();
            var waiting = Task.Run(() => new SiloRoll(folder).AwaitEnds(TimeSpan.FromHours(1), noted.Enqueue, default));
            await Eventually.Holds("word that it waits", () => !noted.IsEmpty);
            Assert.Equal($"waits for the end of 1 silos of the attempt before, whose launcher is gone (processes {former.Id})", Assert.Single(noted));
            Assert.False(waiting.IsCompleted);
            former.Kill();
            Assert.True(await waiting.WaitAsync(TimeSpan.FromSeconds(60)));
            Assert.True(new SiloRoll(folder).AwaitEnds(TimeSpan.FromHours(1), noted.Enqueue, default));
            Assert.Single(noted);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task AnAttemptThatIsAskedToEndWaitsForNoSilo()
    {
        var folder = Directory.CreateTempSubdirectory("atomgrains-roll-").FullName;
        using var former = Process.Start("/bin/sleep", "3600");
        try
        {
            var roll = new SiloRoll(folder);
            roll.Add(ProcessIdentity.Of(former.Id));
            using var asked = new CancellationTokenSource();
            var waiting = Task.Run(() => roll.AwaitEnds(TimeSpan.FromHours(1), _ => { }, asked.Token));
            await asked.CancelAsync();
            Assert.False(await waiting.WaitAsync(TimeSpan.FromSeconds(60)));
            Assert.False(former.HasExited);
        }
        finally
        {
            former.Kill();
            Directory.Delete(folder, recursive: true);
        }
    }
}
