using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Coordination;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Core.Protocol.Nodes;
using AtomGrains.Core.Runs;

namespace AtomGrains.Simulator;

/// <summary>
/// A whole run in virtual time on one thread: Core's own coordinator and nodes over a network that delays, loses,
/// repeats and reorders, on processes that crash, pause and wake. One seed decides everything, and the invariants
/// are checked after every event.
/// </summary>
public sealed class Simulation
{
    // Far beyond any recovery: a run that is not done by then after the last fault has lost its liveness (I10).
    private static readonly TimeSpan LivenessBound = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan TickInterval = TimeSpan.FromMilliseconds(150);

    private readonly SimulationOptions _options;
    private readonly ProtocolRules _rules;
    private readonly PriorityQueue<Action, (TimeSpan At, long Order)> _events = new();
    private readonly SimulatedRegister _register;
    private readonly SimulatedNetwork _network;
    private readonly ParameterLayout _parameters;
    private readonly PartitionLayout _layout;
    private readonly SimulatedGradient _gradients;
    private readonly InvariantChecker _checker;
    private readonly FaultInjector _faults;
    private readonly Dictionary<NodeId, SimulatedNode> _nodes = [];
    private readonly List<SimulatedCoordinator> _coordinators = [];
    private readonly HashSet<Lineage> _lineages = [];
    private readonly RunSpec _spec;
    private int _nextNode = 1;
    private long _order;
    private long _handled;
    private ulong? _weights;
    private Lineage _finalLineage;
    private TimeSpan _lastDecision;
    private TimeSpan _longestPause;
    private bool _finished;

    public Simulation(SimulationOptions options, ProtocolRules rules)
    {
        _options = options;
        _rules = rules;
        Random = new SeededRandom(options.Seed);
        _register = new SimulatedRegister(overwrites: rules.NextGeneration(new Generation(1)) == new Generation(1));
        _network = new SimulatedNetwork(this, options);
        _parameters = new ParameterLayout([new("matrix", [10, 9], 0, true), new("norm", [7], 90, false)]);
        _spec = new RunSpec
        {
            Seed = options.Seed,
            Steps = options.Steps,
            Lanes = options.Lanes,
            GlobalBatch = options.Lanes,
            Partitions = options.Partitions,
            BlockElements = 12,
            Model = new ModelSpec(),
            Optimizer = new OptimizerSpec { WarmupSteps = 2, DecaySteps = options.Steps, Clip = 0 },
            Data = new DataSpec(),
            Evaluation = new EvaluationSpec { Every = options.EvaluateEvery, Batches = 3 },
        };
        _layout = new PartitionLayout(_parameters.Elements, _spec.BlockElements, _spec.Partitions);
        _gradients = new SimulatedGradient(_layout, options.Lanes);
        _checker = new InvariantChecker(_gradients, _layout);
        TargetWorkers = options.Workers;
        _faults = new FaultInjector(this, options);
    }

    public SeededRandom Random { get; }

    public TimeSpan Now { get; private set; }

    public int TargetWorkers { get; set; }

    internal IEnumerable<SimulatedNode> LivingNodes => _nodes.Values.Where(node => node.IsAlive).OrderBy(node => node.Id);

    internal SimulatedNetwork Network => _network;

    internal SimulatedCoordinator Coordinator => _coordinators[^1];

    /// <summary>Runs to the end, the first violation, or the liveness bound.</summary>
    public SimulationResult Run()
    {
        string? violation = null;
        try
        {
            StartCoordinator();
            KeepNodes();
            _faults.Schedule();
            while (!_finished && _events.TryDequeue(out var action, out var priority))
            {
                Now = priority.At;
                _faults.BeforeEvent(_handled);
                action();
                _handled++;
                foreach (var node in LivingNodes)
                {
                    _checker.Check(node.Id, node.Machine);
                }

                if (Now - _faults.LastFault >= LivenessBound && Environment.GetEnvironmentVariable("DUMP") != null)
                {
                    Console.WriteLine($"coordinator installed={Coordinator.Machine.IsInstalled} view={Coordinator.Machine.View?.Generation} step={Coordinator.Machine.Step} lanes={string.Join(",", Coordinator.Machine.View!.LaneOwners)} parts={string.Join(",", Coordinator.Machine.View!.Partitions)}");
                    foreach (var node in LivingNodes) Console.WriteLine(node.Machine.Describe() + " standing " + Coordinator.Machine.StandingOf(node.Id));
                }
                InvariantChecker.Require(
                    Now - _faults.LastFault < LivenessBound,
                    $"I10: at {Now.TotalSeconds:F1} s the run is still at step {Coordinator.Machine.Step} of {_options.Steps}");
            }
        }
        catch (Exception error) when (error is InvariantException or ProtocolViolationException)
        {
            violation = error.Message;
        }

        var losses = _checker.LossBits.TryGetValue(_finalLineage, out var bits) ? bits.Values.ToList() : [];
        return new SimulationResult(violation, _weights, losses, _faults.Injected, _lineages.Count, _handled, Now, _longestPause);
    }

    internal void After(TimeSpan delay, Action action) => _events.Enqueue(action, (Now + delay, _order++));

    /// <summary>What a supervisor does: as many processes as are wanted, a new id for each.</summary>
    internal void KeepNodes()
    {
        var slots = LivingNodes
            .Where(node => Coordinator.Machine.Counts(node.Id))
            .Select(node => node.Member.Slot).ToHashSet();
        for (var slot = 0; slot < TargetWorkers + _options.Spares; slot++)
        {
            if (!slots.Contains(slot))
            {
                Spawn(slot);
            }
        }
    }

    internal void End(SimulatedNode node)
    {
        node.End();
        After(Random.Between(1, 20), () =>
        {
            foreach (var coordinator in _coordinators)
            {
                coordinator.Run((machine, outbox) => machine.OnNodeEnded(node.Id, Now, outbox));
            }
        });
        After(Random.Between(50, 400), KeepNodes);
    }

    internal void StartCoordinator()
    {
        var options = new CoordinatorOptions { Workers = TargetWorkers, Spares = _options.Spares, RollbackAfter = TimeSpan.FromSeconds(10) };
        var machine = new Coordinator(_spec, _layout, options, _rules, _register.Newest);
        var coordinator = new SimulatedCoordinator(machine, this);
        _coordinators.Add(coordinator);
        foreach (var node in LivingNodes)
        {
            After(Random.Between(1, 30), () => node.Run((m, outbox) => m.Introduce(outbox)));
        }

        Tick(coordinator);
    }

    internal void CarryOut(SimulatedNode node, Outbox outbox)
    {
        foreach (var effect in outbox.Effects)
        {
            switch (effect)
            {
                case SendToNode { Message: TensorMessage message } send:
                    var copy = Copy(message);
                    _network.Send(node.Id, send.To, () => Deliver(node.Id, send.To, copy));
                    break;
                case SendToCoordinator send:
                    _network.Send(node.Id, null, () => Coordinator.Run((machine, reply) => machine.HandleMessage(node.Id, send.Message, Now, reply)));
                    break;
                case LoadParameters load:
                    node.Load(load);
                    break;
                case ComputeLanes compute:
                    node.Compute(compute);
                    break;
                case EvaluateBatches evaluate:
                    node.Evaluate(evaluate);
                    break;
                case CancelCompute:
                    node.Cancel();
                    break;
                case WriteWeights write:
                    var digest = SliceDigest.Of(write.Flat).Value;
                    After(TimeSpan.FromMilliseconds(5), () => node.Run((machine, reply) =>
                    {
                        _weights = digest;
                        _finalLineage = write.Key.Lineage;
                        machine.OnWeightsWritten(write.Key, digest.ToString("x16"), reply);
                    }));
                    break;
                case EndNode:
                    End(node);
                    break;
                default:
                    throw new InvalidOperationException($"{effect.GetType().Name} is not a node's effect");
            }
        }
    }

    internal void CarryOut(SimulatedCoordinator coordinator, Outbox outbox)
    {
        foreach (var effect in outbox.Effects)
        {
            switch (effect)
            {
                case SendToNode { Message: ControlMessage message } send:
                    _network.Send(null, send.To, () => Deliver(send.To, message));
                    break;
                case RecordView record:
                    Record(coordinator, record.View);
                    break;
                case StepDecided decided:
                    _checker.Decided(decided.Decision);
                    _longestPause = Now - _lastDecision > _longestPause ? Now - _lastDecision : _longestPause;
                    _lastDecision = Now;
                    break;
                case ViewInstalled installed:
                    _lineages.Add(installed.View.Lineage);
                    break;
                case MemberLost:
                    After(Random.Between(50, 400), KeepNodes);
                    break;
                case RunFinished:
                    _finished = true;
                    break;
                case Superseded:
                    coordinator.IsRunning = false;
                    if (coordinator == Coordinator)
                    {
                        After(Random.Between(10, 500), StartCoordinator);
                    }

                    break;
                case RunStopped stopped:
                    InvariantChecker.Require(false, $"the run stopped: {stopped.Reason}");
                    break;
                case Evaluated or Waiting or MemberReady or RolledBack:
                    break;
                default:
                    throw new InvalidOperationException($"{effect.GetType().Name} is not a coordinator's effect");
            }
        }
    }

    private void Record(SimulatedCoordinator coordinator, View view) => After(Random.Between(1, 8), () =>
    {
        if (_register.TryCreate(view))
        {
            After(Random.Between(0, 2), () => coordinator.Run((machine, outbox) => machine.OnViewRecorded(view.Generation, Now, outbox)));
        }
        else
        {
            coordinator.Run((machine, outbox) => machine.OnRecordRefused(view.Generation, outbox));
        }
    });

    private void Deliver(NodeId from, NodeId to, TensorMessage message)
    {
        if (!_nodes.TryGetValue(to, out var node))
        {
            return;
        }

        node.Run((machine, outbox) =>
        {
            var isStale = message.Generation < machine.Generation && message is not Refused;
            var before = machine.Counters;
            machine.HandleTensor(from, message, outbox);
            _checker.Delivered(to, isStale, before, machine.Counters);
        });
    }

    private void Deliver(NodeId to, ControlMessage message)
    {
        if (!_nodes.TryGetValue(to, out var node))
        {
            return;
        }

        node.Run((machine, outbox) =>
        {
            machine.HandleControl(message, outbox);
            if (machine.View is { } view)
            {
                _checker.Adopted(view);
            }
        });
    }

    private void Spawn(int slot)
    {
        var id = new NodeId(_nextNode++);
        var member = new Member(id, slot, $"node {id.Value}");
        var machine = new NodeMachine(member, _spec, _parameters, Initial, _rules);
        var node = new SimulatedNode(member, machine, this, _gradients, _options.Salted);
        _nodes.Add(id, node);
        After(Random.Between(20, 120), () => node.Run((m, outbox) => m.Introduce(outbox)));
        Tick(node);
    }

    private ReadOnlyMemory<float> Initial(PartitionRange range) =>
        Enumerable.Range(range.FirstElement, range.Elements).Select(i => (i % 7) - 3f).ToArray();

    private void Tick(SimulatedNode node) => After(TickInterval, () =>
    {
        if (node.IsAlive)
        {
            node.Run((machine, outbox) => machine.OnTick(outbox));
            Tick(node);
        }
    });

    private void Tick(SimulatedCoordinator coordinator) => After(TimeSpan.FromMilliseconds(50), () =>
    {
        if (coordinator.IsRunning)
        {
            coordinator.Run((machine, outbox) => machine.OnTick(Now, outbox));
            Tick(coordinator);
        }
    });

    // A sender's buffers are its own again after the event: what travels is a copy.
    private static TensorMessage Copy(TensorMessage message) => message switch
    {
        Push push => push with { Slice = push.Slice.ToArray() },
        Reduced reduced => reduced with { Slice = reduced.Slice.ToArray() },
        ParameterSlice slice => slice with { Slice = slice.Slice.ToArray() },
        _ => message,
    };
}
