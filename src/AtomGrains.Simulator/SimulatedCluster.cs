using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Coordination;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Nodes;
using AtomGrains.Core.Runs;

namespace AtomGrains.Simulator;

/// <summary>The processes of a simulation, and what a supervisor does for them: starts, counts and ends them.</summary>
internal sealed class SimulatedCluster
{
    private static readonly TimeSpan NodeTick = TimeSpan.FromMilliseconds(150);
    // A few of the blocks here, which are tiny: some fills take many ticks, and faults come in the middle of them.
    private const long RefillBytesPerSecond = 4000;

    private static readonly TimeSpan CoordinatorTick = TimeSpan.FromMilliseconds(50);

    // A step takes some fifty milliseconds here: late far sooner than in the world, and still later than most cuts last.
    private static readonly StepPaceOptions Pace = new() { Floor = TimeSpan.FromSeconds(3), First = TimeSpan.FromSeconds(4) };

    // Most steps end sooner and some do not, so that nodes leave at step bounds and in the middle of steps.
    private static readonly TimeSpan HandOver = TimeSpan.FromMilliseconds(60);

    private readonly Simulation _simulation;
    private readonly SimulationOptions _options;
    private readonly ProtocolRules _rules;
    private readonly RunSpec _spec;
    private readonly PartitionLayout _layout;
    private readonly SimulatedGradient _gradients;
    private readonly PoisonedLane _poison;
    private readonly LyingDevice _liar;
    private readonly AuditChecker _audits;
    private readonly HashSet<int> _quarantined = [];
    private readonly CheckpointChecker _checkpoints;
    private readonly CheckpointCarrier _history;
    private readonly InvariantChecker _checker;
    private readonly SimulatedRegister _register;
    private readonly EffectCarrier _carrier;
    private readonly SortedDictionary<NodeId, SimulatedNode> _nodes = [];
    private readonly List<SimulatedCoordinator> _coordinators = [];
    private int _nextNode = 1;

    public SimulatedCluster(Simulation simulation, SimulationOptions options, ProtocolRules rules)
    {
        _simulation = simulation;
        _options = options;
        _rules = rules;
        TargetWorkers = options.Workers;
        _spec = Simulation.SpecOf(options);
        _layout = new PartitionLayout(Simulation.Parameters.Elements, _spec.BlockElements, _spec.Partitions);
        _gradients = new SimulatedGradient(_layout, options);
        _poison = new PoisonedLane(options);
        _liar = new LyingDevice(options, _layout);
        _audits = new AuditChecker(_gradients, _layout, _liar, options);
        _checkpoints = new CheckpointChecker(_spec.GlobalBatch);
        _checker = new InvariantChecker(new ReplicaChecker(_gradients, _layout, _checkpoints), _gradients, _checkpoints, _poison, _audits);
        // A register that refuses no record is the other half of a coordinator that takes a generation twice.
        _register = new SimulatedRegister(overwrites: rules.NextGeneration(new Generation(1)) == new Generation(1));
        Store = new SimulatedStore(rules);
        _history = new CheckpointCarrier(simulation, Store, _register, _checkpoints, options, rules);
        _carrier = new EffectCarrier(simulation, this, _checker, _register, _history, _checkpoints, new BitFlipper(options.FlipAtVersion, _checker), new LeaseChecker(_spec, _checker));
    }

    public SimulationOutcome Outcome { get; } = new();

    public SimulatedStore Store { get; }

    public int TargetWorkers { get; private set; }

    public long Steps => _spec.Steps;

    public SimulatedCoordinator Coordinator => _coordinators[^1];

    /// <summary>All that there have been, oldest first.</summary>
    public IReadOnlyList<SimulatedCoordinator> Coordinators => _coordinators;

    /// <summary>The register, oldest first.</summary>
    public IReadOnlyCollection<View> Views => _register.Views;

    /// <summary>Bits of the decided steps, by lineage.</summary>
    public IReadOnlyDictionary<Lineage, SortedDictionary<long, ulong>> Decided => _checker.LossBits;

    public IEnumerable<SimulatedNode> LivingNodes => _nodes.Values.Where(node => node.IsAlive);

    /// <summary>Of every step of the surviving history.</summary>
    public IReadOnlyList<ulong> Losses => Outcome.IsFinished ? _checker.SurvivingBits(Outcome.FinalLineage) : [];

    public NodeCounters Counters => _nodes.Values.Aggregate(new NodeCounters(), (sum, node) => sum.Plus(node.Machine.Counters));

    public SimulatedNode? Find(NodeId id) => _nodes.GetValueOrDefault(id);

    /// <summary>What is known of wrong bits.</summary>
    public AuditChecker Audits => _audits;

    public void Start()
    {
        StartCoordinator();
        KeepNodes();
    }

    public void StartCoordinator()
    {
        Begin(new Coordinator(_spec, _layout, CoordinatorOptions, _rules, _register.Newest));
    }

    /// <summary>Every process ends, and the run is resumed by new ones from its newest whole checkpoint.</summary>
    public void EndAll()
    {
        foreach (var node in LivingNodes.ToList())
        {
            node.End();
        }

        foreach (var coordinator in _coordinators)
        {
            coordinator.End();
        }

        _simulation.After(_simulation.Random.Between(50, 400), Resume);
    }

    private void Resume()
    {
        if (Store.IsDown)
        {
            _simulation.After(_simulation.Random.Between(50, 400), Resume);
            return;
        }

        var origin = Store.Newest(_history.History)?.Origin;
        Outcome.Resumes += origin is null ? 0 : 1;
        Begin(new Coordinator(_spec, _layout, CoordinatorOptions, _rules, newest: null, _register.Newest?.Generation ?? Generation.None, origin, _register.Newest is { } last ? last.Deaths : []));
        KeepNodes();
    }

    private CoordinatorOptions CoordinatorOptions => new()
    {
        Workers = TargetWorkers,
        Spares = _options.Spares,
        Replicas = _options.Replicas,
        RollbackAfter = TimeSpan.FromSeconds(10),
        Pace = Pace,
        HandOverAfter = HandOver,
        LetGoAfter = 2 * HandOver,
        AuditShare = _options.Salted ? 0 : _options.AuditLanes,
        OnWrongBits = _options.OnWrongBits,
        DecideWithin = TimeSpan.FromSeconds(5),
        Checkpoints = _options.CheckpointEvery > 0 ? new CheckpointOptions { EverySteps = _options.CheckpointEvery, GiveUpAfter = TimeSpan.FromSeconds(2) } : null,
    };

    private void Begin(Coordinator machine)
    {
        var coordinator = new SimulatedCoordinator(machine, _carrier);
        _coordinators.Add(coordinator);
        foreach (var node in LivingNodes.ToList())
        {
            _simulation.After(_simulation.Random.Between(1, 30), () => node.Run((machine, outbox) => machine.Introduce(outbox)));
        }

        Tick(coordinator);
    }

    /// <summary>As many processes as are wanted, a new id for each.</summary>
    public void KeepNodes()
    {
        var slots = LivingNodes.Where(node => Coordinator.Machine.Counts(node.Id)).Select(node => node.Member.Slot).ToHashSet();
        for (var slot = 0; slot < TargetWorkers + _options.Spares; slot++)
        {
            if (!_quarantined.Contains(slot) && !slots.Contains(slot))
            {
                Spawn(slot);
            }
        }
    }

    /// <summary>No process starts on that device any more, and one that did before it was known ends.</summary>
    public void Quarantine(WrongBitsFound found)
    {
        _quarantined.Add(found.Slot);
        foreach (var node in LivingNodes.Where(node => node.Member.Slot == found.Slot && node.Id != found.Node).ToList())
        {
            End(node);
        }
    }

    public void Scale(int workers)
    {
        TargetWorkers = workers;
        Coordinator.Run((machine, outbox) => machine.OnScale(workers, _simulation.Now, outbox));
        KeepNodes();
    }

    /// <summary>Ends a process. Every coordinator hears of it a little later, and a replacement starts.</summary>
    /// <param name="isOwnDoing">It ended by itself.</param>
    public void End(SimulatedNode node, bool isOwnDoing = false)
    {
        var death = node.Lane is { } work ? new NodeDeath(isOwnDoing, work.Step, work.Lane) : null;
        node.End();
        var heard = _simulation.Random.Between(1, 20);
        Say(node.Id, heard, _options.LateDeaths ? null : death);
        if (_options.LateDeaths && death is not null)
        {
            Say(node.Id, heard + _simulation.Random.Between(0, 100), death);
        }

        _simulation.After(_simulation.Random.Between(50, 400), KeepNodes);
    }

    private void Say(NodeId node, TimeSpan after, NodeDeath? death) => _simulation.After(after, () =>
    {
        foreach (var coordinator in _coordinators)
        {
            coordinator.Run((machine, outbox) => machine.OnNodeEnded(node, _simulation.Now, outbox, death));
        }
    });

    private bool EndsBy(NodeId node, StepKey key, int lane)
    {
        if (!_poison.Ends(node, key.Step, lane))
        {
            return false;
        }

        End(_nodes[node], isOwnDoing: true);
        return true;
    }

    private void Spawn(int slot)
    {
        var id = new NodeId(_nextNode++);
        var member = new Member(id, slot, $"node {id.Value}");
        var machine = new NodeMachine(member, _spec, Simulation.Parameters, Initial, _rules, refillBytesPerSecond: RefillBytesPerSecond);
        var node = new SimulatedNode(member, machine, _simulation, _carrier, _gradients, new SimulatedSamples(_spec, Outcome), _liar, _options.Salted, (key, lane) => EndsBy(id, key, lane));
        _nodes.Add(id, node);
        _simulation.After(_simulation.Random.Between(20, 120), () => node.Run((m, outbox) => m.Introduce(outbox)));
        Tick(node);
    }

    private static ReadOnlyMemory<float> Initial(PartitionRange range) =>
        Enumerable.Range(range.FirstElement, range.Elements).Select(i => (i % 7) - 3f).ToArray();

    private void Tick(SimulatedNode node) => _simulation.After(NodeTick, () =>
    {
        if (node.IsAlive)
        {
            node.Run((machine, outbox) => machine.OnTick(_simulation.Now, outbox));
            Tick(node);
        }
    });

    private void Tick(SimulatedCoordinator coordinator) => _simulation.After(CoordinatorTick, () =>
    {
        if (coordinator.IsRunning)
        {
            coordinator.Run((machine, outbox) => machine.OnTick(_simulation.Now, outbox));
            Tick(coordinator);
        }
    });
}
