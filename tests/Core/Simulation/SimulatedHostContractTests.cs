using AtomGrains.Contract;
using AtomGrains.Core.Protocol;
using AtomGrains.Simulator;
using SimulatedRun = AtomGrains.Simulator.Simulation;

namespace AtomGrains.Core.Tests.Simulation;

/// <summary>The simulator is a host as well, with a network that keeps no order.</summary>
public sealed class SimulatedHostContractTests : HostContractTests
{
    private const int Struck = 1;

    // Deep inside the run, and behind the first view.
    private static readonly TimeSpan Middle = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(10);

    private static readonly SimulationOptions Options = new() { Seed = 3, Workers = 3, Lanes = 8, Partitions = 3, Steps = 120, EvaluateEvery = 0 };

    protected override long Steps => Options.Steps;

    protected override bool PromisesOrder => false;

    protected override Task<HostedRun> Calm() => Run(HostFault.None);

    protected override Task<HostedRun> Run(HostFault fault)
    {
        // Nine in ten messages within 15 ms, a few within 300: less than any silence that a view does not allow.
        var simulation = new SimulatedRun(fault == HostFault.MessagesAreLate ? Options with { MaximumDelayMilliseconds = 15 } : Options, ProtocolRules.Safe);
        var cluster = simulation.Cluster;
        SimulatedNode? struck = null;
        simulation.After(Middle, () => struck = Strike(simulation, fault));
        var result = simulation.Run();
        Assert.Null(result.Violation);
        return Task.FromResult(new HostedRun
        {
            Steps = [.. cluster.Decided.SelectMany(lineage => lineage.Value.Select(step => (step.Key, lineage.Key, $"{step.Value:x16}")))],
            Weights = result.WeightsDigest?.ToString("x16"),
            Views = [.. cluster.Views],
            Struck = struck?.Id,
            StruckNodeEnded = struck is { IsAlive: false },
            Superseded = cluster.Coordinators.Count(coordinator => !coordinator.IsRunning),
        });
    }

    protected override Task<IReadOnlyList<int>> Carry(int messages)
    {
        var simulation = new SimulatedRun(Options, ProtocolRules.Safe);
        var arrived = new List<int>();
        for (var i = 0; i < messages; i++)
        {
            var number = i;
            simulation.After(TimeSpan.FromMilliseconds(i), () => simulation.Network.Send(null, new(1), () => arrived.Add(number)));
        }

        simulation.Run();
        return Task.FromResult<IReadOnlyList<int>>(arrived);
    }

    private static SimulatedNode? Strike(SimulatedRun simulation, HostFault fault)
    {
        var cluster = simulation.Cluster;
        var node = cluster.LivingNodes.Single(living => living.Member.Slot == Struck);
        switch (fault)
        {
            case HostFault.NodeEnds:
                cluster.End(node);
                return node;
            case HostFault.NodeIsSilentTooLong:
                node.Pause();
                WakeOnceLeftOut(simulation, node);
                return node;
            case HostFault.CoordinatorIsLost:
                cluster.Coordinator.End();
                simulation.After(Look, cluster.StartCoordinator);
                return null;
            case HostFault.SecondCoordinator:
                // The first hears of a death, as of a connection that closes: two now want to record a view.
                var first = cluster.Coordinator;
                cluster.StartCoordinator();
                simulation.After(Middle, () => first.Run((machine, outbox) => machine.OnNodeEnded(node.Id, simulation.Now, outbox)));
                return null;
            default:
                return null;
        }
    }

    private static void WakeOnceLeftOut(SimulatedRun simulation, SimulatedNode node) => simulation.After(Look, () =>
    {
        if (simulation.Cluster.Views.Last().IsMember(node.Id))
        {
            WakeOnceLeftOut(simulation, node);
        }
        else
        {
            node.Wake();
        }
    });
}
