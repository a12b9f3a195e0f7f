using AtomGrains.Core.Membership;

namespace AtomGrains.Simulator;

/// <summary>Strikes at random moments, or before exactly named events, and counts what really struck.</summary>
internal sealed class FaultInjector(Simulation simulation, SimulationOptions options)
{
    private readonly SortedDictionary<SimulatedFault, int> _injected = [];
    private readonly Queue<PlannedFault> _plan = new(options.Plan.OrderBy(fault => fault.BeforeEvent));

    public IReadOnlyDictionary<SimulatedFault, int> Injected => _injected;

    public TimeSpan LastFault { get; private set; }

    public void Schedule()
    {
        if (options.FaultEveryMilliseconds > 0)
        {
            Next();
            simulation.After(options.FaultsUntil, simulation.Network.Heal);
        }
        else if (options.Loss > 0 || options.Duplication > 0)
        {
            simulation.After(options.FaultsUntil, simulation.Network.Heal);
        }
    }

    public void BeforeEvent(long number)
    {
        while (_plan.TryPeek(out var fault) && fault.BeforeEvent <= number)
        {
            _plan.Dequeue();
            var node = simulation.Cluster.LivingNodes.LastOrDefault(living => living.Member.Slot == fault.Slot);
            if (fault.Kind is SimulatedFault.CoordinatorCrash or SimulatedFault.EverythingDies || (node is not null && (fault.Kind != SimulatedFault.BrokenLink || simulation.Cluster.LivingNodes.Count() > 1)))
            {
                Strike(fault.Kind, node!);
            }
        }
    }

    private void Next()
    {
        var delay = simulation.Random.Between(0, 2 * options.FaultEveryMilliseconds);
        if (simulation.Now + delay > options.FaultsUntil)
        {
            return;
        }

        simulation.After(delay, () =>
        {
            var kind = simulation.Random.Pick(options.Kinds);
            var candidates = simulation.Cluster.LivingNodes.Where(node => !node.IsPaused).ToList();
            if (candidates.Count > 1)
            {
                Strike(kind, simulation.Random.Pick(candidates));
            }

            Next();
        });
    }

    private void Strike(SimulatedFault kind, SimulatedNode node)
    {
        _injected[kind] = _injected.GetValueOrDefault(kind) + 1;
        LastFault = simulation.Now;
        switch (kind)
        {
            case SimulatedFault.Crash:
                simulation.Cluster.End(node);
                break;
            case SimulatedFault.DoubleCrash:
                simulation.Cluster.End(node);
                if (Other(node) is { } second)
                {
                    simulation.Cluster.End(second);
                }

                break;
            case SimulatedFault.PauseAndWake:
                Pause(node, simulation.Random.Between(1500, 6000));
                break;
            case SimulatedFault.ShortPause:
                Pause(node, simulation.Random.Between(1, 400));
                break;
            case SimulatedFault.TwoWayPartition:
                foreach (var other in Others(node))
                {
                    Cut(node.Id, other);
                    Cut(other, node.Id);
                }

                break;
            case SimulatedFault.OneWayPartition:
                Cut(node.Id, simulation.Random.Pick(Others(node).ToList()));
                break;
            case SimulatedFault.BrokenLink:
                var ends = simulation.Cluster.LivingNodes.Where(other => other != node).ToList();
                simulation.Network.Break(node.Id, simulation.Random.Pick(ends).Id);
                break;
            case SimulatedFault.HungLoop:
                node.Hang();
                break;
            case SimulatedFault.Scale:
                simulation.Cluster.Scale(1 + simulation.Random.Next(Math.Min(options.Lanes, options.Workers + 2)));
                break;
            case SimulatedFault.Leave:
                node.Run((machine, outbox) => machine.OnLeaveRequested(outbox));
                simulation.After(simulation.Random.Between(100, 500), simulation.Cluster.KeepNodes);
                break;
            case SimulatedFault.CoordinatorCrash:
                ReplaceCoordinator();
                break;
            case SimulatedFault.EverythingDies:
                simulation.Cluster.EndAll();
                break;
            case SimulatedFault.StoreOutage:
                simulation.Cluster.Store.IsDown = true;
                simulation.After(simulation.Random.Between(10, 1500), () => simulation.Cluster.Store.IsDown = false);
                break;
            case SimulatedFault.TornCheckpoint:
                if (!simulation.Cluster.Store.Tear(simulation.Random.Next(options.Partitions)))
                {
                    _injected[kind]--;
                }

                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(kind), kind, "unknown fault");
        }
    }

    private void Pause(SimulatedNode node, TimeSpan time)
    {
        node.Pause();
        simulation.After(time, node.Wake);
    }

    private void Cut(NodeId? from, NodeId? to)
    {
        simulation.Network.Cut(from, to);
        simulation.After(simulation.Random.Between(50, 4000), () => simulation.Network.Restore(from, to));
    }

    // The old one may go on for a while: it is taken for dead, but only paused or cut off.
    private void ReplaceCoordinator()
    {
        var old = simulation.Cluster.Coordinator;
        if (simulation.Random.Chance(0.5))
        {
            old.End();
        }
        else
        {
            simulation.After(simulation.Random.Between(10, 5000), old.End);
        }

        simulation.After(simulation.Random.Between(10, 1000), simulation.Cluster.StartCoordinator);
    }

    private IEnumerable<NodeId?> Others(SimulatedNode node)
    {
        foreach (var other in simulation.Cluster.LivingNodes.Where(other => other != node))
        {
            if (simulation.Random.Chance(0.7))
            {
                yield return other.Id;
            }
        }

        yield return null;
    }

    private SimulatedNode? Other(SimulatedNode node)
    {
        var others = simulation.Cluster.LivingNodes.Where(other => other != node && !other.IsPaused).ToList();
        return others.Count > 1 ? simulation.Random.Pick(others) : null;
    }
}
