using AtomGrains.Core.Membership;
using AtomGrains.Core.Options;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Coordination;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Core.Runs;
using AtomGrains.Local.Devices;
using AtomGrains.Node.Control;
using AtomGrains.Node.Runs;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Workers;

namespace AtomGrains.Local;

/// <summary>The node processes of a run and their devices: who there is, what is known of each, and who is to be started.</summary>
internal sealed class NodeCare
{
    private readonly Coordinator _coordinator;
    private readonly FaultLedger _ledger;
    private readonly RunDesk _desk;
    private readonly OrderedFaults _faults;
    private readonly IRunObserver _observer;
    private readonly DeviceWatch _devices;
    private readonly NodeKeeper _keeper;
    private readonly NodeEnds _ends;
    private bool _isOver;

    /// <param name="assign">What a process of that number, on that place, is told at its start.</param>
    /// <param name="events">Of the thread on which everything here is called.</param>
    /// <param name="turn">Hands the coordinator an event, unless the run is over.</param>
    public NodeCare(
        string folder, RunSpec spec, SupervisorOptions options, Coordinator coordinator, FaultLedger ledger, RunDesk desk, OrderedFaults faults, FailedDevices failedDevices,
        Inheritance inheritance, Func<NodeId, int, NodeAssignment> assign, EventQueue events, IRunObserver observer, Action<Action<Outbox>> turn)
    {
        (_coordinator, _ledger, _desk, _faults, _observer) = (coordinator, ledger, desk, faults, observer);
        var first = new NodeId(Math.Max(ledger.NewestLost?.Value ?? 0, inheritance.NewestNode) + 1);
        Table = new NodeTable(inheritance.Roll, first, assign, options.NodeEnvironment, node => events.Post(() => OnProcessEnded(node)));
        _devices = new DeviceWatch(
            options, failedDevices, observer, events.Post, (kind, slot, what) => desk.DeviceNoted(kind, slot, options.DeviceOf(slot), what),
            (slot, why) => _ends!.OnQuarantined(_keeper!.Usable, $"{options.DeviceOf(slot)} of worker {slot} had {why}"));
        _devices.Recall((inheritance.View?.Quarantined ?? []).Select(quarantine => quarantine.Slot));
        _ends = new NodeEnds(folder, spec, Table, _devices, ledger, coordinator, turn, Keep);
        _keeper = new NodeKeeper(Table, coordinator, options, observer, _devices.Places, OnNotStarted);
    }

    public NodeTable Table { get; }

    /// <summary>Devices that are used no more, in words.</summary>
    public IReadOnlyList<string> Quarantined => _devices.Quarantined;

    private static TimeSpan Now => TimeSpan.FromMilliseconds(Environment.TickCount64);

    /// <summary>Predecessors' processes, those that live and those that a view names; whoever has ended is to be told of next.</summary>
    public IReadOnlyList<NodeHandle> Adopt(Inheritance inheritance) =>
    [
        .. inheritance.Nodes.Select(entry =>
        {
            var node = Table.Adopt(entry);
            node.Strike = _faults.StrikeOf(node.Id);
            node.IsReady = inheritance.View?.IsMember(node.Id) ?? false;
            return node;
        }),
    ];

    /// <summary>Starts the first processes that are wanted, on the devices that predecessors have not given up.</summary>
    public void Begin()
    {
        Keep();
        if (_devices.Quarantined is [.., var last])
        {
            _ends.OnQuarantined(_keeper.Usable, $"{last} was so before");
        }
    }

    /// <summary>Starts whoever is wanted and missing.</summary>
    public void Keep()
    {
        if (!_isOver && !_ends.IsGivenUp)
        {
            _keeper.Keep();
        }
    }

    /// <summary>A node speaks.</summary>
    public void OnHeard(NodeHandle node)
    {
        _ends.OnHeard(node);
        node.LastHeard = DateTimeOffset.UtcNow;
    }

    /// <summary>A message of a node, before the coordinator has it.</summary>
    public void Note(NodeHandle node, ControlMessage message)
    {
        switch (message)
        {
            case NodeReady:
                node.IsReady = true;
                _ends.Ready();
                break;
            case Heartbeat heartbeat:
                node.Count(heartbeat.Counters);
                break;
            case LeaveRequested when !node.Leaves:
                node.Leaves = true;
                _desk.Leaves(node.Id, node.Slot, node.Strike);
                break;
            default:
                break;
        }
    }

    /// <summary>A process says that an order strikes it.</summary>
    public void OnStrikes(NodeHandle node, FaultStrikes strikes)
    {
        node.Strike = _faults.Strikes(strikes.Order, strikes.At);
        _observer.OnNote($"fault {node.Strike.Order} strikes worker {node.Slot} (process {node.Pid})");
    }

    public void OnConnectionClosed(NodeId id) => _ends.OnConnectionClosed(id);

    public void OnProcessEnded(NodeHandle node) => _ends.OnProcessEnded(node);

    public void OnTick()
    {
        _ends.OnTick();
        _keeper.VouchForStarved(Now);
        _keeper.EndStuckStarts(DateTimeOffset.UtcNow);
    }

    /// <summary>Has the devices asked that failed, and starts whoever is missing.</summary>
    public void Mend()
    {
        _devices.Check();
        Keep();
    }

    public void OnLost(MemberLost lost)
    {
        if (_isOver || Table.Find(lost.Node) is not { } node)
        {
            return;
        }

        _ledger.Lost(lost, lost.Step, new LostNode(node.Slot, node.LastHeard, node.Strike, node.Cause));
        var state = lost.Cause switch
        {
            LossCause.Silent => "is silent",
            LossCause.Hung => "does not get on",
            LossCause.WrongBits => "is not trusted any more",
            _ => "has ended",
        };
        _observer.OnNote($"worker {node.Slot} (process {node.Pid}) {state} at step {lost.Step}: its lanes move");
        if (lost.Cause == LossCause.Hung)
        {
            _devices.Hung(node);
        }

        Keep();
    }

    public void OnWrongBits(WrongBitsFound found)
    {
        // Whoever was started on the device meanwhile computes no better.
        _devices.Condemn(found.Slot, $"wrong bits at step {found.Step}");
        foreach (var node in Table.Running.Where(node => node.Slot == found.Slot && node.Id != found.Node))
        {
            Signals.Send(node.Pid, Signals.Kill);
        }
    }

    public void OnDecided(long step)
    {
        _ends.Decided(step);
        foreach (var node in Table.Running.Where(node => !node.HasServed))
        {
            node.HasServed = _coordinator.View?.IsMember(node.Id) ?? false;
        }
    }

    public void OnInstalled(View view) => _keeper.WakeReplaced(
        view, node => _ledger.Woken(node.Id, node.Slot, _coordinator.Step, view.Generation, node.Strike));

    /// <summary>What the meter is to know of processes and devices.</summary>
    public void Observe()
    {
        var running = Table.Running.ToList();
        var ready = running.Count(node => node.IsReady && _coordinator.StandingOf(node.Id) == NodeStanding.Alive);
        _desk.Observe(Table.Counters, ready, running.Count(node => _coordinator.Counts(node.Id)), running.Count, Quarantined.Count);
    }

    /// <summary>The run is over: nobody is started any more, and no end is a loss.</summary>
    public void Close() => _isOver = true;

    private void OnNotStarted(string why)
    {
        _observer.OnNote($"a worker process could not be started: {why}");
        _ends.OnNotStarted(why);
    }
}
