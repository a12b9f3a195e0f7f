using AtomGrains.Core.Membership;
using AtomGrains.Core.Options;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Grains.Runs;
using AtomGrains.Grains.Workers;
using AtomGrains.Local;
using AtomGrains.Node.Control;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Transport;
using AtomGrains.Node.Workers;
using AtomGrains.Torch.Engine;

namespace AtomGrains.Silo.Children;

/// <summary>
/// The processes of a silo with several devices, one each, so that what breaks one device's process takes neither the
/// others nor the silo. They are the local host's node processes: this end of their control channel passes their messages
/// on to the run grain and its messages to them. One thread owns them all; it also is the parent that the kernel knows.
/// </summary>
internal sealed class ChildProcesses : IControlEvents<LocalMessage>, IDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    // As the local host has it: a process that the system shows as starved, not stopped, speaks within this.
    private static readonly TimeSpan LongestStarvation = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan EndGrace = TimeSpan.FromSeconds(5);

    private readonly RunPlan _plan;
    private readonly Action _idle;
    private readonly ControlServer<LocalMessage> _server;
    private readonly EventQueue _events = new();
    private readonly Thread _thread;
    private readonly ChildRecords _records;
    private readonly NodeDeaths _deaths;
    private readonly RestsFromRun _rests;
    private readonly Lock _gate = new();
    private readonly Dictionary<int, ChildNode> _children = [];
    private long _step;
    private volatile bool _ending;

    /// <param name="secret">The run's.</param>
    /// <param name="rests">From this run, whichever of these objects started its processes.</param>
    /// <param name="idle">No process is left; any thread, and from inside.</param>
    public ChildProcesses(RunPlan plan, string secret, RestsFromRun rests, Action idle)
    {
        _plan = plan;
        _rests = rests;
        _idle = idle;
        _records = new ChildRecords(plan.Folder);
        _deaths = new NodeDeaths(plan.Folder);
        Environment = WorkerEnvironment.Variables(plan.Spec.ThreadsPerWorker);
        var identity = new TransportIdentity(plan.RunId, NodeProcess.SupervisorNode, RunSecret.FromHex(secret));
        _server = new ControlServer<LocalMessage>(identity, new ControlOptions(), LocalJson.Contract, new TransportCounters(), this);
        _thread = new Thread(() => _events.Run(Tick, () => Try(OnTick))) { IsBackground = true, Name = "children" };
        _thread.Start();
    }

    /// <summary>What the run pins of a process before it begins.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; }

    /// <summary>No process is left, and none is about to begin.</summary>
    public bool IsIdle => Children.Count == 0;

    /// <summary>A node that has not begun to live.</summary>
    public ChildNode Create(NodePlace place, string device, INodeOwner owner)
    {
        var child = new ChildNode(this, place, device, owner);
        lock (_gate)
        {
            _children.Add(place.Node, child);
        }

        return child;
    }

    public void Post(Action action) => _events.Post(() => Try(action));

    /// <summary>Passes a message on, on the calling thread: the order is the caller's.</summary>
    public void Deliver(ChildNode child, ControlMessage message)
    {
        _server.Send(child.Id.Value, new ProtocolMessage(message));
        switch (message)
        {
            case Decide decide:
                Post(() => _step = decide.Decision.Step + 1);
                break;
            case AdoptView adopt:
                Post(() => WakeReplaced(adopt.View));
                break;
            default:
                break;
        }
    }

    public void LeaveBehind(ChildNode child) => _server.Send(child.Id.Value, new LeaveBehind());

    public void Start(ChildNode child)
    {
        try
        {
            if (child.Start(Assign) is not { } handle)
            {
                return;
            }

            Console.Error.WriteLine($"{child.Id} is worker {child.Slot} in process {handle.Pid}");
            Try(() => _records.Note(new ChildRecord(child.Id.Value, child.Slot, handle.Pid, System.Environment.ProcessId)));
        }
        catch (Exception error) when (child.Handle is null)
        {
            // The system has no process left to give, or no memory for one: the node has ended before it began.
            Console.Error.WriteLine($"{child.Id}, worker {child.Slot}, cannot be started: {error.Message}");
            child.SayNotStarted(error.Message, _ending ? null : _rests.NotStarted(error.Message, Now));
            Forget(child);
        }
    }

    public void Forget(ChildNode child)
    {
        lock (_gate)
        {
            _children.Remove(child.Id.Value);
            if (_children.Count > 0)
            {
                return;
            }
        }

        _idle();
    }

    public void OnEnded(ChildNode child)
    {
        if (child.Handle is { HasEnded: true } handle)
        {
            Try(() =>
            {
                if (Autopsy.Of(handle, LaneMark.PathOf(_plan.Folder, child.Id.Value), _plan.Spec) is { } death)
                {
                    _deaths.Record(child.Id, death);
                }
            });
        }

        if (child.TrySayEnd(() => WhyToRest(child)))
        {
            Forget(child);
            Console.Error.WriteLine($"{child.Id}, worker {child.Slot}, has ended with exit code {child.Handle!.ExitCode}");
        }
    }

    /// <summary>Ends what is left.</summary>
    public void Dispose()
    {
        _ending = true;
        foreach (var child in Children)
        {
            child.Signal(Signals.Kill);
        }

        SpinWait.SpinUntil(() => Children.All(child => !child.IsRunning), EndGrace);
        _events.Close();
        _thread.Join();
        _server.Dispose();
    }

    void IControlEvents<LocalMessage>.OnConnected(int node) => Post(() => IfThere(node, child => child.IsConnected = true));

    void IControlEvents<LocalMessage>.OnMessage(int node, LocalMessage message)
    {
        if (Find(node) is not { } child)
        {
            return;
        }

        switch (message)
        {
            case ProtocolMessage { Message: var control }:
                child.Owner.Send(control);
                break;
            case FaultStrikes strikes:
                child.Owner.Strikes(strikes.Order, strikes.At);
                break;
            case LinkLost link:
                child.Owner.LinkClosed(link.Node);
                break;
            default:
                break;
        }

        Post(() => Note(child, message));
    }

    void IControlEvents<LocalMessage>.OnClosed(int node, CloseReason reason) => Post(() => IfThere(node, child =>
    {
        child.IsConnected = false;
        OnEnded(child);
    }));

    private static TimeSpan Now => TimeSpan.FromMilliseconds(System.Environment.TickCount64);

    // The edge of this thread, which is the silo's: what goes wrong with one child, a volume that is full above all, ends
    // neither the silo nor the children of its other runs.
    private static void Try(Action action)
    {
        try
        {
            action();
        }
        catch (Exception error)
        {
            Console.Error.WriteLine($"a child process cannot be looked after: {error}");
        }
    }

    private IReadOnlyList<ChildNode> Children
    {
        get
        {
            lock (_gate)
            {
                return [.. _children.Values];
            }
        }
    }

    private ChildNode? Find(int node)
    {
        lock (_gate)
        {
            return _children.GetValueOrDefault(node);
        }
    }

    private void IfThere(int node, Action<ChildNode> act)
    {
        if (Find(node) is { } child)
        {
            act(child);
        }
    }

    private string? WhyToRest(ChildNode child) => _ending || child.IsGivenUp ? null
        : _rests.Ended(child.Handle!, _step, Path.Combine(_plan.Folder, "logs", $"node-{child.Id.Value}.log"), Now);

    private void Note(ChildNode child, LocalMessage message)
    {
        if (child.Handle is not { } handle)
        {
            return;
        }

        handle.LastHeard = DateTimeOffset.UtcNow;
        switch (message)
        {
            case ProtocolMessage { Message: NodeReady }:
                handle.IsReady = true;
                break;
            case NodeFailed failed:
                handle.Cause = failed.Cause;
                break;
            case FaultStrikes strikes:
                child.WakesLater = _plan.Settings.Faults.Orders[strikes.Order].Kind == FaultKind.StopAndWake;
                break;
            default:
                break;
        }
    }

    // Whoever coordinates has left such a child out by now, and cannot tell it so.
    private void OnTick()
    {
        foreach (var child in Children.Where(child => child.IsRunning && child.Handle!.IsReady))
        {
            var silence = DateTimeOffset.UtcNow - child.Handle!.LastHeard;
            if (silence > 2 * _plan.Settings.Heartbeat.MaximumTimeout && (silence > LongestStarvation || !NodeTable.IsRunnable(child.Handle.Pid)))
            {
                child.GiveUp();
            }
        }
    }

    private void WakeReplaced(View view)
    {
        foreach (var child in Children.Where(child => child.WakesLater && !view.IsMember(child.Id) && view.Members.Any(member => member.Slot == child.Slot)))
        {
            child.WakesLater = false;
            child.Signal(Signals.Continue);
        }
    }

    private NodeAssignment Assign(NodePlace place, string device) => new()
    {
        Node = place.Node,
        Slot = place.Slot,
        RunId = place.RunId,
        Listen = place.Listen,
        Roots = place.Roots,
        Limits = place.Limits,
        Host = place.Host,
        Secret = place.Secret,
        Tls = place.Tls,
        Faults = place.Faults,
        RunFolder = _plan.Folder,
        LaneMark = place.LaneMark,
        Supervisor = _server.Endpoint.ToString(),
        Store = _plan.Store,
        Struck = StruckFaults.RegisterOf(_plan.Settings.Faults),
        Device = device,

        // For a connection that does not come about on a busy machine; the end of its silo ends a child at once.
        OrphanGrace = LongestStarvation,
        Grace = _plan.Settings.Grace,
    };
}
