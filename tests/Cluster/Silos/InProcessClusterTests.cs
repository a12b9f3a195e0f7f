using System.Collections.Concurrent;
using System.Net;
using System.Text;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Options;
using AtomGrains.Core.Protocol;
using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Grains;
using AtomGrains.Grains.Wire;
using AtomGrains.Silo.Health;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Core.Internal;
using Orleans.Runtime;
using Orleans.Runtime.Placement;

namespace AtomGrains.Cluster.Tests.Silos;

/// <summary>Grains that Orleans takes down and puts up again while a run goes on: its bits are those of one silo alone.</summary>
public sealed class InProcessClusterTests
{
    private const long Steps = 1500;

    private static readonly ConcurrentDictionary<long, Lazy<Task<string>>> Made = new();

    private static Lazy<Task<string>> Calm => CalmOf(Steps);

    private static Lazy<Task<string>> CalmOf(long steps) => Made.GetOrAdd(steps, _ => new Lazy<Task<string>>(async () =>
    {
        await using var cluster = await InProcessCluster.Start(workers: 1, steps);
        return (await cluster.Finish()).WeightsSha256!;
    }));

    [Fact]
    public async Task ThreeSilosEndWithTheWeightsOfOne()
    {
        await using var cluster = await InProcessCluster.Start(workers: 3, Steps);
        var report = await cluster.Finish();
        Assert.Equal(await Calm.Value, report.WeightsSha256);
        Assert.Equal(Steps, report.StepsCommitted);
    }

    [Fact]
    public async Task HowSoonASiloOfARunGivesOthersUpIsWhatItWasTold()
    {
        await using var cluster = await InProcessCluster.Start(workers: 1, steps: 1);
        var told = cluster.OptionsOf<ClusterMembershipOptions>(silo: 0);
        Assert.Equal(InProcessCluster.Membership, new MembershipOptions { ProbeTimeout = told.ProbeTimeout, MissedProbes = told.NumMissedProbesLimit });
        Assert.Equal((InProcessCluster.Membership.ProbeTimeout, 2 * InProcessCluster.Membership.ProbeTimeout), (told.MinProbeTimeout, told.MaxProbeTimeout));
    }

    [Fact]
    public async Task NoGrainsThreadComputesALane()
    {
        await using var cluster = await InProcessCluster.Start(workers: 2, steps: 20);
        await cluster.Finish();
        Assert.Equal([("step loop", null)], cluster.ComputedOn);
    }

    [Fact]
    public async Task ARunThatIsOverIsOnThePageForAMomentAndLongerThanItsCoordinator()
    {
        using var page = new PrometheusExporter();
        await using var cluster = await InProcessCluster.Start(workers: 1, steps: 20);
        await cluster.Finish();
        var series = (string name) => $"atomgrains_{name}{{run=\"{cluster.RunId}\"}} 0\n";
        await Eventually.Holds("the end on the page", () => Text(page).Contains(series("workers_wanted"), StringComparison.Ordinal));
        Assert.Contains(series("run_stopped"), Text(page), StringComparison.Ordinal);
        await cluster.Run.Cast<IGrainManagementExtension>().DeactivateOnIdle();
        await Eventually.Holds("a page without the run", () => !Text(page).Contains(cluster.RunId, StringComparison.Ordinal));

        static string Text(PrometheusExporter page) => Encoding.UTF8.GetString(page.PageAsync(CancellationToken.None).GetAwaiter().GetResult());
    }

    [Fact]
    public async Task AWorkerGrainThatIsTakenDownFindsItsNodeAgain()
    {
        // More than three nodes, where whoever places them did not know one of the silos yet, and was refused.
        await using var cluster = await InProcessCluster.Start(workers: 3, Steps);
        await cluster.Reaches(10);
        var view = (await cluster.Run.Progress()).View!;
        var nodes = cluster.Nodes;
        foreach (var member in view.Members)
        {
            await cluster.Grains.GetGrain<IWorkerGrain>(RunKeys.Node(cluster.RunId, member.Node)).Cast<IGrainManagementExtension>().DeactivateOnIdle();
        }

        var report = await cluster.Finish();
        Assert.Equal(await Calm.Value, report.WeightsSha256);
        Assert.Equal(nodes, cluster.Nodes);
    }

    [Fact]
    public Task ANodeThatIsPlacedElsewhereThanTheRunChoseTakesNoDevice() => LongEnough.Run(new Spec((int)Steps), async spec =>
    {
        await using var cluster = await InProcessCluster.Start(workers: 2, spec.Steps);
        await cluster.Reaches(10);
        var made = (cluster.PartOf(0).Started, cluster.PartOf(1).Started);

        // A silo that whoever places activations does not know: no longer, or not yet.
        var chosen = SiloAddress.New(IPAddress.Loopback, 1, 1);
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() =>
        {
            RequestContext.Set(IPlacementDirector.PlacementHintKey, chosen);
            return cluster.Grains.GetGrain<IWorkerGrain>(RunKeys.Node(cluster.RunId, 77)).Start(new WorkerSeat(WireContract.Version, 77, 0));
        });
        Assert.StartsWith($"node 77 was to live on {chosen.ToParsableString()}, and was placed on ", error.Message, StringComparison.Ordinal);
        Assert.Equal(made, (cluster.PartOf(0).Started, cluster.PartOf(1).Started));
        Assert.Equal(await CalmOf(spec.Steps).Value, (await cluster.Finish()).WeightsSha256);
    });

    [Fact]
    public Task ARunGrainThatIsTakenDownGoesOnWithANewGeneration() => LongEnough.Run(new Spec((int)Steps), async spec =>
    {
        await using var cluster = await InProcessCluster.Start(workers: 3, spec.Steps);
        await cluster.Reaches(10);
        var (before, nodes) = (cluster.Views[^1], cluster.Nodes);
        await cluster.Run.Cast<IGrainManagementExtension>().DeactivateOnIdle();
        await cluster.Holds("the next generation", () => cluster.Views[^1].Generation > before.Generation);
        var after = cluster.Views[^1];
        var report = await cluster.Finish();
        Assert.Equal(await CalmOf(spec.Steps).Value, report.WeightsSha256);
        Assert.True(after.Generation > before.Generation);
        Assert.Equal(before.Lineage, after.Lineage);
        Assert.Equal(nodes, cluster.Nodes);
    });

    [Fact]
    public Task ACoordinatorThatCannotWriteDownTheEndIsFollowedByOneThatCan() => LongEnough.Run(new Spec((int)Steps), async spec =>
    {
        var log = new CoordinatorLog();
        await using var cluster = await InProcessCluster.Start(workers: 3, spec.Steps, silo => silo.Services.AddSingleton<ILoggerProvider>(log));
        await cluster.Reaches(10);
        var (before, nodes) = (cluster.Views[^1], cluster.Nodes);
        cluster.HoldUpTheEnd();
        await Eventually.Holds("a coordinator that steps down", () => log.SteppedDown > 0);
        cluster.LetItEnd();
        var report = await cluster.Finish();
        Assert.Equal(await CalmOf(spec.Steps).Value, report.WeightsSha256);
        Assert.Equal(spec.Steps, report.StepsCommitted);
        Assert.True(cluster.Views[^1].Generation > before.Generation);
        Assert.Equal(nodes, cluster.Nodes);
    });

    [Fact]
    public Task ARunThatStoppedByItselfIsResumedAndEndsWithTheSameWeights() => LongEnough.Run(new Spec((int)Steps), async spec =>
    {
        await using var cluster = await InProcessCluster.Start(workers: 3, spec.Steps);
        await cluster.Reaches(10);
        await cluster.Run.Stop("a device computes wrong bits");
        await cluster.Holds("the end of the run", () => cluster.End is { Stopped: not null });
        var stopped = cluster.Views[^1];
        Assert.Empty((await cluster.Run.Order(new RunOrder(WireContract.Version, cluster.RunId, RunOrderKind.Resume))).Errors);
        var report = await cluster.Finish();
        Assert.Equal(await CalmOf(spec.Steps).Value, report.WeightsSha256);
        Assert.True(cluster.Views[^1].Generation > stopped.Generation);
        Assert.True(cluster.Views[^1].Lineage != stopped.Lineage);
        Assert.True((await cluster.Run.Progress()).IsOver);
    });

    [Fact]
    public Task WhatASiloOfAnotherVersionSaysIsRefusedInALineAndDoesNoHarm() => LongEnough.Run(new Spec((int)Steps), async spec =>
    {
        const int Newer = WireContract.Version + 1;
        await using var cluster = await InProcessCluster.Start(workers: 1, spec.Steps);
        await cluster.Reaches(10);
        await cluster.While("all that is refused", async () =>
        {
            var (node, run) = (cluster.Views[0].Members[0].Node, cluster.Run);
            var worker = cluster.Grains.GetGrain<IWorkerGrain>(RunKeys.Node(cluster.RunId, node.Value));

            // Each of them would end the node, or begin another.
            await Refuses($"node {node.Value}", run.Report(new ControlBatch(Newer, node.Value, [new WireLeaveRequested()], [])));
            await Refuses($"the silo of node {node.Value}", run.NodeExited(new NodeExit(node.Value, "kill", null, null, Newer)));
            await Refuses("the run grain", worker.Deliver(new ControlBatch(Newer, node.Value, [new WireDismiss(0, (int)DismissReason.NotNeeded)], [])));
            await Refuses("the run grain", cluster.Grains.GetGrain<IWorkerGrain>(RunKeys.Node(cluster.RunId, 77)).Start(new WorkerSeat(Newer, 77, 0)));
            var offer = await run.Offer(new DeviceOffer("S127.0.0.1:1:1", "one", 1, "cpu", 1, "program", Version: Newer));
            Assert.Equal((false, false, Line("the silo S127.0.0.1:1:1")), (offer.IsOver, offer.IsTaken, offer.Refused));
        });

        Assert.Equal(await CalmOf(spec.Steps).Value, (await cluster.Finish()).WeightsSha256);
        Assert.Single(cluster.Views);

        static async Task Refuses(string who, Task call) => Assert.Equal(Line(who), (await Assert.ThrowsAsync<InvalidOperationException>(() => call)).Message);
        static string Line(string who) => $"{who} speaks version {Newer} of the wire contract, this silo {WireContract.Version}";
    });

    [Fact]
    public async Task ASiloThatStopsLeavesTheStepToTheOthers()
    {
        await using var cluster = await InProcessCluster.Start(workers: 3, Steps);
        await cluster.Reaches(10);
        await cluster.Stop(0);
        var report = await cluster.Finish();
        Assert.Equal(await Calm.Value, report.WeightsSha256);
        Assert.Single(cluster.Lines.Select(line => line.Lineage).Distinct());
    }

    [Fact]
    public async Task PrimaryAndBackupAreOnDifferentHosts()
    {
        await using var cluster = await InProcessCluster.Start(workers: 3, Steps, hostOf: silo => silo < 2 ? "two silos" : "one silo");
        await cluster.Reaches(10);
        var view = cluster.Views[0];
        Assert.All(view.Partitions, placement => Assert.NotEqual(HostOf(placement.Primary), HostOf(placement.Backup!.Value)));
        Assert.Equal(await Calm.Value, (await cluster.Finish()).WeightsSha256);

        string HostOf(NodeId node) => view.Members.Single(member => member.Node == node).Host;
    }
}
