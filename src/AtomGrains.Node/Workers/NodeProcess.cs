using System.Net;
using System.Runtime.InteropServices;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Core.Runs;
using AtomGrains.Node.Control;
using AtomGrains.Node.Transport;

namespace AtomGrains.Node.Workers;

/// <summary>
/// A process that is one node of a run: joins a node to the control channel of who started it, a supervisor or a silo. It ends when the node
/// is dismissed, when its device fails, or when it has been without a supervisor too long.
/// </summary>
public sealed class NodeProcess : INodeHost, IControlEvents<LocalMessage>, IDisposable
{
    /// <summary>The supervisor's number on connections; nodes count from 1.</summary>
    public const int SupervisorNode = 0;

    /// <summary>Exit code of a node whose device or step loop failed.</summary>
    public const int ExitFailed = 70;

    /// <summary>Exit code of a node that was fenced.</summary>
    public const int ExitFenced = 71;

    /// <summary>Exit code of a node that lost its supervisor.</summary>
    public const int ExitOrphaned = 72;

    private readonly NodeAssignment _assignment;
    private readonly NodeActor _node;
    private readonly Timer _orphaned;
    private ControlClient<LocalMessage>? _supervisor;

    public NodeProcess(NodeAssignment assignment, RunSpec spec, NodeModel model, HeartbeatOptions heartbeat)
    {
        _assignment = assignment;
        _node = new NodeActor(assignment, spec, model, heartbeat, this);
        _orphaned = new Timer(_ => EndOrphaned());
    }

    /// <summary>Runs until the node is dismissed, fails or is orphaned; returns the exit code.</summary>
    public int Run()
    {
        Signals.WakeAtEndOfParent();

        // Ctrl-C reaches the whole process group: ending is the supervisor's word. SIGTERM asks to leave in order.
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => signal.Cancel = true);

        // For the rest of the process: who asks again must not cut its last words short.
        GC.SuppressFinalize(PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
        {
            signal.Cancel = true;
            _node.Leave();
        }));
        var (client, refused) = ControlClient<LocalMessage>.Connect(
            IPEndPoint.Parse(_assignment.Supervisor), SupervisorNode, _assignment.Identity, new ControlOptions(), LocalJson.Contract, new TransportCounters(), this);
        if (client is null)
        {
            Console.Error.WriteLine($"the supervisor at {_assignment.Supervisor} could not be reached: {refused}");
            return ExitOrphaned;
        }

        _supervisor = client;
        var dismissed = _node.Run();
        client.Dispose();
        return dismissed == DismissReason.Fenced ? ExitFenced : 0;
    }

    public void Dispose() => _orphaned.Dispose();

    void INodeHost.Send(ControlMessage message) => _supervisor?.Send(new ProtocolMessage(message));

    // The message is in the kernel's hands when the signal comes.
    void INodeHost.Strikes(int order, DateTimeOffset at) => _supervisor?.Send(new FaultStrikes(order, at));

    void INodeHost.Failed(Exception error)
    {
        Console.Error.WriteLine($"the node failed: {error}");
        _supervisor?.Send(new NodeFailed($"{error.GetType().Name}: {error.Message.Split('\n')[0]}"));
        _supervisor?.Dispose();
        Environment.Exit(ExitFailed);
    }

    void INodeHost.LinkClosed(int node) => _supervisor?.Send(new LinkLost(node));

    void IControlEvents<LocalMessage>.OnConnected(int node)
    {
    }

    void IControlEvents<LocalMessage>.OnMessage(int node, LocalMessage message)
    {
        if (message is ProtocolMessage { Message: var control })
        {
            _node.Deliver(control);
        }
    }

    void IControlEvents<LocalMessage>.OnClosed(int node, CloseReason reason)
    {
        // Who says goodbye itself is about to end, for a reason and with an exit code of its own.
        if (reason != CloseReason.ClosedHere)
        {
            _orphaned.Change(_assignment.OrphanGrace, Timeout.InfiniteTimeSpan);
        }
    }

    private void EndOrphaned()
    {
        Console.Error.WriteLine("the supervisor is gone");
        Environment.Exit(ExitOrphaned);
    }
}
