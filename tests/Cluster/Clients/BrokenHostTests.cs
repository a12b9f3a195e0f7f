using System.Diagnostics;
using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Node.Workers;

namespace AtomGrains.Cluster.Tests.Clients;

/// <summary>A host on which no process of a run lives long enough to help.</summary>
public sealed class BrokenHostTests
{
    // Four in a row, and no more for a minute, of which a part may be over before it is seen.
    private const int Starts = 4;
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(58);

    [Fact]
    [Trait("Category", "Long")]
    public Task AHostThatKillsEveryProcessBeforeItIsReadyIsLeftAloneAndTheRunEndsOnTheOther() => LongEnough.Run(Spec.Long with { Steps = 250 }, async spec =>
    {
        await using var cluster = new StandingCluster();
        cluster.StartSilos(1);
        await cluster.Starts("run", spec, workers: 1);
        await cluster.Reaches("run", 5);
        var broken = cluster.StartSilo();
        await broken.IsReady();
        await cluster.While("run", "another worker that is wanted", () => cluster.Does("scale", "run", "2"));
        var killed = new HashSet<int>();
        await cluster.Holds("run", $"{Starts} deaths and a rest", () =>
        {
            foreach (var (pid, silo) in cluster.Workers("run").Values.Where(worker => worker.Silo == broken.Pid))
            {
                _ = Signals.Send(pid, Signals.Kill) && killed.Add(pid);
            }

            return cluster.Logs.Contains($"offers it nothing for a while: {Starts} worker processes in a row ended before they were ready, the last with exit code 137", StringComparison.Ordinal);
        });
        var resting = Stopwatch.GetTimestamp();
        var started = Started();

        // On a busy machine one may get ready before it is killed, and is none of the row.
        Assert.Equal(killed.Count, started);
        Assert.InRange(started, Starts, int.MaxValue);
        await cluster.EndsAsTheCalmRun("run", spec);
        Assert.InRange(Started() - started, 0, Stopwatch.GetElapsedTime(resting) < Rest ? 0 : 1);

        int Started() => broken.Said.Split('\n').Count(line => line.Contains(" is worker ", StringComparison.Ordinal));
    });
}
