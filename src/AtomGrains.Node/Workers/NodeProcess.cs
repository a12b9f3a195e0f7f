using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Options;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Core.Protocol.Nodes;
using AtomGrains.Core.Runs;
using AtomGrains.Node.Control;
using AtomGrains.Node.Transport;

namespace AtomGrains.Node.Workers;

/// <summary>
/// A node process: one thread runs Core's node machine, fed by sockets and the step thread, and carries out what it
/// asks for. It ends when it is dismissed, when its device fails, or when it has been without a supervisor too long.
/// </summary>
public sealed class NodeProcess : IStepEvents, ITensorEvents, IControlEvents<LocalMessage>, IFaultActions
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
    private readonly RunSpec _spec;
    private readonly NodeModel _model;
    private readonly HeartbeatOptions _heartbeat;
    private readonly TransportIdentity _identity;
    private readonly TransportCounters _counters = new();
    private readonly TensorListener _listener;
    private readonly PeerLinks _peers;
    private readonly StepThread _steps;
    private readonly FaultTrigger _faults;
    private readonly EventQueue _events = new();
    private readonly Outbox _outbox;
    private readonly StepClock _clock = new();
    private ControlClient<LocalMessage>? _supervisor;
    private NodeMachine? _machine;
    private IStepLoop? _loop;
    private float[]? _initial;
    private long? _orphanSince;
    private bool _joined;
    private int _exitCode;

    public NodeProcess(NodeAssignment assignment, RunSpec spec, NodeModel model, HeartbeatOptions heartbeat)
    {
        _assignment = assignment;
        _spec = spec;
        _model = model;
        _heartbeat = heartbeat;
        _identity = new TransportIdentity(assignment.RunId, assignment.Node, RunSecret.FromHex(assignment.Secret));
        var options = new TransportOptions { Listen = new IPEndPoint(IPAddress.Parse(assignment.Listen), 0) };
        _listener = new TensorListener(_identity, options, _counters, this);
        _peers = new PeerLinks(_identity, options, _counters, this);
        _steps = new StepThread(model.Create, spec, this);
        _outbox = new Outbox(SendNow);
        _faults = new FaultTrigger(assignment.Faults, strike => _supervisor?.Send(new FaultStrikes(strike.Number, strike.At)), this);
    }

    /// <summary>Runs until the node is dismissed, fails or is orphaned; returns the exit code.</summary>
    public int Run()
    {
        // Ctrl-C reaches the whole process group: ending is the supervisor's word. SIGTERM asks to leave in order.
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => signal.Cancel = true);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
        {
            signal.Cancel = true;
            _events.Post(() => Handle(machine => machine.OnLeaveRequested(_outbox)));
        });
        var (client, refused) = ControlClient<LocalMessage>.Connect(
            IPEndPoint.Parse(_assignment.Supervisor), SupervisorNode, _identity, new ControlOptions(), LocalJson.Contract, _counters, this);
        if (client is null)
        {
            Console.Error.WriteLine($"the supervisor at {_assignment.Supervisor} could not be reached: {refused}");
            return ExitOrphaned;
        }

        _supervisor = client;
        _steps.Start();
        _events.Run(_heartbeat.Interval, Tick);
        _steps.Dispose();
        _peers.Dispose();
        _listener.Dispose();
        client.Dispose();
        return _exitCode;
    }

    void IStepEvents.OnStepLoopReady(IStepLoop loop, float[] initial) => _events.Post(() =>
    {
        _loop = loop;
        _initial = initial;
        var self = new Member(new NodeId(_assignment.Node), _assignment.Slot, _listener.Endpoint.ToString());
        _machine = new NodeMachine(self, _spec, loop.Layout, InitialParameters, ProtocolRules.Safe);
        Handle(machine => machine.Introduce(_outbox));
    });

    void IStepEvents.OnStepLoopFailed(Exception error)
    {
        // On the step thread: the actor may be in the middle of something, and there is nothing to hand over.
        Console.Error.WriteLine($"the step loop failed: {error}");
        _supervisor?.Send(new NodeFailed($"{error.GetType().Name}: {error.Message.Split('\n')[0]}"));
        _supervisor?.Dispose();
        Environment.Exit(ExitFailed);
    }

    float[] IStepEvents.RentGradient() => _machine!.Pool.Rent(_loop!.Layout.Elements);

    void IStepEvents.OnParametersLoaded(StepKey key) => _events.Post(() => Handle(machine => machine.OnParametersLoaded(key, _outbox)));

    void IStepEvents.OnLaneComputed(StepKey key, int lane, float[] gradient, double loss) => _events.Post(() =>
    {
        var isLast = _clock.LaneComputed(key.Step);
        _faults.LaneComputed(key.Step, isLast: false);
        Handle(machine => machine.OnLaneComputed(key, lane, gradient, loss, _outbox));
        if (isLast)
        {
            _faults.LaneComputed(key.Step, isLast: true);
            _supervisor?.Send(new ProtocolMessage(_clock.PushesDone()));
        }
    });

    void IStepEvents.OnBatchEvaluated(StepKey key, int batch, double loss) =>
        _events.Post(() => Handle(machine => machine.OnBatchEvaluated(key, batch, loss, _outbox)));

    void ITensorEvents.OnFrame(int fromNode, ReadOnlyMemory<byte> header, TensorBuffer payload) => _events.Post(() =>
    {
        using (payload)
        {
            if (TensorCodec.Decode(header, payload.Memory) is not { } message)
            {
                // A proven peer that says what is no message is broken: its connection ends, ours to others stand.
                Console.Error.WriteLine($"node {fromNode} sent a frame that is no message");
                _listener.Close(fromNode);
                return;
            }

            if (message is Reduced reduced)
            {
                _faults.Reached(reduced.Key.Step, ProtocolPoint.Seal);
            }

            Handle(machine => machine.HandleTensor(new NodeId(fromNode), message, _outbox));
        }
    });

    void ITensorEvents.OnOpened(int node, LinkDirection direction)
    {
    }

    void ITensorEvents.OnClosed(int node, LinkDirection direction, CloseReason reason)
    {
    }

    void IControlEvents<LocalMessage>.OnConnected(int node)
    {
    }

    void IControlEvents<LocalMessage>.OnMessage(int node, LocalMessage message) => _events.Post(() =>
    {
        if (message is ProtocolMessage { Message: var control })
        {
            OnControl(control);
        }
    });

    void IControlEvents<LocalMessage>.OnClosed(int node, CloseReason reason) => _events.Post(() => _orphanSince ??= Environment.TickCount64);

    void IFaultActions.Strike(FaultKind kind)
    {
        switch (kind)
        {
            case FaultKind.Kill:
                Signals.Send(Environment.ProcessId, Signals.Kill);
                break;
            case FaultKind.Stop or FaultKind.StopAndWake:
                Signals.Send(Environment.ProcessId, Signals.Stop);
                break;
            case FaultKind.Exit:
                Signals.Send(Environment.ProcessId, Signals.Terminate);
                break;
            case FaultKind.Device:
                _steps.Fail(DeviceFault.Exception);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(kind), kind, "not a fault of one process");
        }
    }

    private void OnControl(ControlMessage control)
    {
        if (control is AdoptView adopt)
        {
            _peers.Adopt(adopt.View);
            if (!_joined)
            {
                _joined = true;
                _faults.Reached(long.MaxValue, ProtocolPoint.Join);
            }
        }
        else if (control is Decide decide)
        {
            _faults.Reached(decide.Decision.Step, ProtocolPoint.Decide);
            var started = Stopwatch.GetTimestamp();
            _clock.Decided();
            _machine?.HandleControl(control, _outbox);
            _clock.Applied(Stopwatch.GetElapsedTime(started));
            // The update is applied; nobody has been told.
            _faults.Reached(decide.Decision.Step, ProtocolPoint.Apply);
            CarryOut();
            return;
        }

        Handle(machine => machine.HandleControl(control, _outbox));
    }

    private void Tick()
    {
        if (_orphanSince is { } since && Environment.TickCount64 - since > _assignment.OrphanGrace.TotalMilliseconds)
        {
            Console.Error.WriteLine("the supervisor is gone");
            End(ExitOrphaned);
            return;
        }

        Handle(machine => machine.OnTick(_outbox));
    }

    private void Handle(Action<NodeMachine> handle)
    {
        if (_machine is { } machine)
        {
            handle(machine);
            CarryOut();
        }
    }

    private void CarryOut()
    {
        foreach (var effect in _outbox.Effects)
        {
            CarryOut(effect);
        }

        _outbox.Clear();
    }

    private void CarryOut(Effect effect)
    {
        switch (effect)
        {
            case SendToNode { Message: TensorMessage message } send:
                SendTensor(send.To, message);
                break;
            case SendToCoordinator { Message: var message }:
                if (message is Sealed seals)
                {
                    _faults.Reached(seals.Seals[0].Step, ProtocolPoint.Seal);
                }

                _supervisor?.Send(new ProtocolMessage(message));
                break;
            case LoadParameters load:
                _clock.StepBegins(load.Key.Step);
                _faults.StepBegins(load.Key.Step);
                _steps.Load(load);
                break;
            case ComputeLanes compute:
                _clock.LanesWanted(compute.Lanes.Count);
                _steps.Compute(compute);
                break;
            case EvaluateBatches evaluate:
                _steps.Evaluate(evaluate);
                break;
            case CancelCompute:
                _steps.Cancel();
                break;
            case WriteWeights write:
                var sha256 = _model.Export(_loop!, write.Flat);
                _supervisor?.Send(new ProtocolMessage(new WeightsExported(write.Key.Lineage, write.Key.Step, sha256)));
                break;
            case EndNode end:
                End(end.Reason == DismissReason.Fenced ? ExitFenced : 0);
                break;
            default:
                throw new InvalidOperationException($"{effect.GetType().Name} is not a node's effect");
        }
    }

    // A fault that is to strike between an update and the word of it needs that word held back.
    private bool SendNow(NodeId to, TensorMessage message)
    {
        if (to.Value == _assignment.Node || _faults.Awaits(ProtocolPoint.Apply))
        {
            return false;
        }

        SendTensor(to, message);
        return true;
    }

    private void SendTensor(NodeId to, TensorMessage message)
    {
        if (message is Reduced reduced)
        {
            _faults.Reached(reduced.Key.Step, ProtocolPoint.Seal);
        }

        _peers.Send(to, message);
        if (message is Push push)
        {
            _faults.Pushed(push.Key.Step);
        }
    }

    private void End(int exitCode)
    {
        _exitCode = exitCode;
        _events.Close();
    }

    // Once a lineage begins, each partition asks for its part of the seeded vector.
    private ReadOnlyMemory<float> InitialParameters(PartitionRange range) => _initial.AsMemory(range.FirstElement, range.Elements);
}
