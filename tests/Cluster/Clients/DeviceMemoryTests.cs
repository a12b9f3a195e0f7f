using AtomGrains.EndToEnd.Tests.Support;

namespace AtomGrains.Cluster.Tests.Clients;

/// <summary>Runs that ask for devices with some memory, on silos that say how much theirs have.</summary>
public sealed class DeviceMemoryTests
{
    [Fact]
    public async Task ARunWaitsInWordsForDevicesWithItsMemoryAndLeavesOthersToTheNextRun()
    {
        await using var cluster = new StandingCluster();
        cluster.StartSilos(2);
        await cluster.Starts("large", Spec.Short, workers: 2, "device-memory: 999TB");
        await Eventually.Answers(
            "why its devices are of no use",
            async () => (await cluster.Client("list")).Output.Contains("  devices: 0 of 2 (2 offered have less than 999TB of memory)", StringComparison.Ordinal) ? "" : null,
            () => cluster.Logs);
        Assert.Contains("run large refuses cpu: the run asks for a device with 999TB of memory, cpu of this silo has ", cluster.Logs, StringComparison.Ordinal);

        await cluster.Starts("small", Spec.Short, workers: 2, "device-memory: 64MiB");
        await cluster.EndsAsTheCalmRun("small", Spec.Short);
        Assert.Equal(-1, cluster.Step("large"));
    }
}
