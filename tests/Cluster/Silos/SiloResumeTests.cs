using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Node.Workers;

namespace AtomGrains.Cluster.Tests.Silos;

/// <summary>A cluster of which nothing lives any more goes on from its newest checkpoint, and no bit tells.</summary>
public sealed class SiloResumeTests
{
    [Fact]
    public async Task AClusterThatDiedWholeGoesOnIntoAnotherWorld()
    {
        var folder = TrainProcess.NewFolder();
        using (var killed = TrainProcess.Start(Spec.Medium, workers: 3, options: ["--host", "orleans", "--checkpoint-every", "10"], folder: folder))
        {
            var status = await killed.Shows("a checkpoint", now => now.CheckpointStep >= 10 && now.Running.Count == 3);
            killed.Signal(Signals.Kill);
            Assert.All(status.Running, silo => Assert.True(Signals.Send(silo.Pid, Signals.Kill)));
            await killed.LeavesNothing();
        }

        using var run = TrainProcess.Start(Spec.Medium, workers: 2, options: ["--host", "orleans", "--resume"], folder: folder);
        var finished = await run.Finish();
        await finished.EqualsTheCalmRun();
        Assert.Contains("goes on from the checkpoint of step", finished.Output, StringComparison.Ordinal);
    }
}
