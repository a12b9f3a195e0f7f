using System.Diagnostics;
using AtomGrains.Cluster.Tests.Clients;
using AtomGrains.EndToEnd.Tests.Monitoring;
using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.EndToEnd.Tests.Telemetry;
using AtomGrains.Node.Workers;

namespace AtomGrains.Cluster.Tests.Monitoring;

/// <summary>A real Prometheus with the real rules on standing silos whose run goes on under what is wrong with it.</summary>
[Trait("Category", "Long")]
public sealed class LiveTroubleAlertsTests
{
    private const string Run = "run";
    private const string Stalled = "AtomGrainsRunStalled";
    private const string RecoverySlow = "AtomGrainsRecoverySlow";
    private const string GoodputLow = "AtomGrainsGoodputLow";
    private const string CheckpointOld = "AtomGrainsCheckpointOld";
    private const string NoSpares = "AtomGrainsSparesGone";
    private const string Quarantined = "AtomGrainsDeviceQuarantined";

    // What a device ends its process with.
    private const int Abort = 6;

    private static readonly Spec Endless = Spec.Long with { Steps = 100_000 };

    [FactWithPrometheus]
    public async Task ACheckpointIsOldWhileTheStoreIsAwayAndNotOnceItIsBack()
    {
        await using var cluster = new StandingCluster();
        var store = Path.Combine(cluster.Folder, "store");
        var disk = Directory.CreateDirectory(Path.Combine(cluster.Folder, "disk")).FullName;
        await Mount(disk, store);
        cluster.OfSilos["ATOMGRAINS_STORE"] = store;
        using var pods = new Pods(cluster, count: 2);
        using var prometheus = PrometheusProcess.OfPods(pods.Addresses, Haste.TakeCheckpointsForOldAfter30Seconds(AlertWatch.Rules));
        var watch = new AlertWatch(prometheus, () => pods.Logs);
        pods.StartAll();
        await cluster.Starts(Run, Endless, workers: 2, "checkpoint-every: 5");
        await watch.Trains();
        await watch.Is("sum(atomgrains_checkpoint_age_steps) < bool 100", 1);
        await watch.NoneFires();

        // In place of its disk there is what is no folder.
        await Mount(cluster.SecretFile, store);
        await watch.FireAlone(CheckpointOld);
        await watch.Trains();

        await Mount(disk, store);
        await watch.NoneFires();
        Assert.Contains("checkpoints are written again: step ", pods.Logs, StringComparison.Ordinal);
        await cluster.Does("stop", Run);
    }

    [FactWithPrometheus]
    public async Task ADeviceThatFailsTooOftenIsToldOfUntilTheRunForgivesIt()
    {
        await using var cluster = new StandingCluster();
        using var pods = new Pods(cluster, count: 3);
        using var prometheus = PrometheusProcess.OfPods(pods.Addresses, AlertWatch.Rules);
        var watch = new AlertWatch(prometheus, () => pods.Logs);
        pods.StartAll();
        await cluster.Starts(Run, Endless, workers: 2, "spares: 1", "checkpoint-every: 5", "device-failures: 1");
        await HasASpare(watch);
        await watch.NoneFires();

        // The runtime keeps the first one to itself.
        var child = pods.Children[0];
        await Eventually.Holds("the end of what was aborted", () => !Signals.Send(child, Abort) || !pods.Children.Contains(child));
        await watch.FireAlone(Quarantined, NoSpares);
        await watch.Is("max(atomgrains_devices_quarantined)", 1);
        await watch.Trains();

        // It stays so until the run's processes have ended, and begin again.
        await cluster.Does("pause", Run);
        await Eventually.Holds("rest", () => (long?)cluster.Read(Run, "wanted.json")?["rested_at"] > 0, () => pods.Logs);
        await cluster.Does("resume", Run);
        await HasASpare(watch);
        await watch.Trains();
        await watch.NoneFires();
        await cluster.Does("stop", Run);
    }

    [FactWithPrometheus]
    public async Task DevicesThatAreHeldForLittleAreToldOfUntilTheyAllCompute()
    {
        await using var cluster = new StandingCluster();
        using var pods = new Pods(cluster, count: 3);
        using var prometheus = PrometheusProcess.OfPods(pods.Addresses, AlertWatch.Rules);
        var watch = new AlertWatch(prometheus, () => pods.Logs);
        pods.StartAll();

        // Two spares beside one worker: a third of what is held computes, at the most.
        await cluster.Starts(Run, Computing, workers: 1, "spares: 2", "checkpoint-every: 5");
        await HasSpares(watch, 2);
        await watch.NoneFires();
        await watch.FireAlone(GoodputLow);
        await watch.Trains();

        await cluster.Does("scale", Run, "3");
        await watch.FireAlone(NoSpares);
        await watch.Is("sum(atomgrains_workers)", 3);
        await cluster.Does("stop", Run);
    }

    [FactWithPrometheus]
    public async Task ARecoveryThatWaitsHalfAMinuteForItsProcessesIsToldOfUntilItIsLongAgo()
    {
        await using var cluster = new StandingCluster();
        using var pods = new Pods(cluster, count: 2);
        using var prometheus = PrometheusProcess.OfPods(pods.Addresses, AlertWatch.Rules);
        var watch = new AlertWatch(prometheus, () => pods.Logs);
        pods.StartAll();
        await cluster.Starts(Run, Endless, workers: 2, "checkpoint-every: 5");
        await watch.Is("sum(atomgrains_workers)", 2);
        await watch.Trains();
        await watch.NoneFires();

        // What comes in the place of the killed stands still as it starts, as if no device could be had.
        var stopped = new HashSet<int>();
        var killed = pods.Children;
        Assert.Equal(2, killed.Count);
        foreach (var child in killed)
        {
            Assert.True(Signals.Send(child, Signals.Kill));
        }

        await watch.FireAlone(Hold, Stalled);
        await watch.Holds("two kills that are known for longer than the rule's 30 s", async () =>
        {
            Hold();
            return await prometheus.Ask("sum(atomgrains_faults_total{kind=\"kill\"} offset 32s)") == 2;
        });
        Assert.NotEmpty(stopped);
        foreach (var child in stopped)
        {
            Signals.Send(child, Signals.Continue);
        }

        await watch.FireAlone(RecoverySlow);
        await watch.Trains();
        await watch.NoneFires();
        await cluster.Does("stop", Run);

        void Hold()
        {
            foreach (var child in pods.Children.Except(killed).Where(stopped.Add))
            {
                Signals.Send(child, Signals.Stop);
            }
        }
    }

    // Whose steps are computing above all.
    private static Spec Computing => new(
        100_000,
        "--layers", "2", "--width", "64", "--heads", "2", "--context", "64", "--lanes", "16", "--global-batch", "64",
        "--block-elements", "4096", "--eval-batches", "2", "--warmup", "4", "--lr", "1e-2");

    private static Task HasASpare(AlertWatch watch) => HasSpares(watch, 1);

    private static Task HasSpares(AlertWatch watch, int count) => watch.Is("sum(atomgrains_workers_ready) - sum(atomgrains_workers)", count);

    // By a rename: no one ever finds nothing there, and puts a folder in its place.
    private static async Task Mount(string what, string at)
    {
        File.CreateSymbolicLink(at + ".new", what);
        using var move = Process.Start("mv", ["-T", at + ".new", at]);
        await move.WaitForExitAsync();
        Assert.Equal(0, move.ExitCode);
    }
}
