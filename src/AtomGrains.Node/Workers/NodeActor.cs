using System.Diagnostics;
using System.Net;
using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Options;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Core.Protocol.Nodes;
using AtomGrains.Core.Protocol.Partitions;
using AtomGrains.Core.Runs;
using AtomGrains.Node.Checkpoints;
using AtomGrains.Node.Storage.Checkpoints;
using AtomGrains.Node.Transport;
using AtomGrains.Node.Transport.Tls;

namespace AtomGrains.Node.Workers;

/// <summary>
/// A node, whatever hosts it: one thread runs Core's node machine, fed by sockets, the host and the step thread, and
/// carries out what it asks for. Tensors go over links of its own; control messages go through the host.
/// </summary>
public sealed class NodeActor : IStepEvents, ITensorEvents, ISliceEvents, IFaultActions
{
    // Longer than files take that are renewed one after the other.
    private static readonly TimeSpan LongestRenewal = TimeSpan.FromSeconds(30);

    private readonly NodePlace _place;
    private readonly RunSpec _spec;
    private readonly NodeModel _model;
    private readonly HeartbeatOptions _heartbeat;
    private readonly INodeHost _host;
    private readonly TensorListener _listener;
    private readonly PeerLinks _peers;
    private readonly TransportCounters _transport;
    private readonly RefusalNotes _refusals = new(Console.Error);
    private readonly LaneMark _mark;
    private readonly StepThread _steps;
    private readonly FaultTrigger _faults;
    private readonly EventQueue _events = new();
    private readonly Outbox _outbox;
    private readonly StepClock _clock = new();
    private readonly SliceKeeper? _slices;
    private volatile NodeMachine? _machine;
    private IStepLoop? _loop;
    private float[]? _initial;
    private DismissReason? _dismissed;
    private int _slicesUnderWay;
    private bool _joined;
    private StepTimed? _timed;
    private StepKey? _export;
    private volatile WeightsExported? _exported;

    /// <summary>Listens for tensors at once; the host hears nothing before <see cref="Run"/>.</summary>
    /// <param name="store">Null for a run without checkpoints.</param>
    /// <param name="transport">Where its links are counted; null for nowhere else than in its heartbeats.</param>
    /// <exception cref="InvalidDataException">The place's certificate cannot be used.</exception>
    public NodeActor(NodePlace place, RunSpec spec, NodeModel model, HeartbeatOptions heartbeat, INodeHost host, CheckpointStore? store = null, TransportCounters? transport = null)
    {
        _transport = transport ?? new TransportCounters();
        _place = place;
        _spec = spec;
        _model = model;
        _heartbeat = heartbeat;
        _host = host;
        var identity = place.Identity;
        var listen = ListenRange.Parse(place.Listen);
        var options = new TransportOptions
        {
            Listen = new IPEndPoint(listen.Address, 0),
            Ports = listen.Ports,
            Tls = place.Tls is { } files ? TlsCertificates.WhenWhole(files, LongestRenewal) : null,
        };

        // Before what listens: this is a file, and a volume may be full.
        _mark = new LaneMark(place.LaneMark);
        _listener = new TensorListener(identity, options, _transport, this);

        // Nobody sends a slice to a node that is not ready, and how long one may be is known then.
        _listener.Expect(mostPayloadBytes: 0);
        _peers = new PeerLinks(identity, options, _transport, this);
        _steps = new StepThread(model.Create, spec, this, _mark);
        _outbox = new Outbox(SendNow);
        _slices = store is null ? null : new SliceKeeper(store, this);
        _model.Samples?.AnswerTo((read, tokens) => _events.Post(() => Handle(machine => machine.OnSamplesRead(read, tokens, _outbox))));
        _faults = new FaultTrigger(place.Faults, strike => host.Strikes(strike.Number, strike.At), this);
    }

    /// <summary>
    /// Runs on the calling thread until the node is dismissed or ended; returns why it was dismissed, or null.
    /// </summary>
    public DismissReason? Run()
    {
        _steps.Start();
        try
        {
            _events.Run(_heartbeat.Interval, Tick);
        }
        catch (Exception error)
        {
            // The host's edge: a full disk or a broken invariant ends this node, and the ledger shall say why. It is not
            // the fault of the lane that happens to be computed.
            _mark.Close();
            _model.Samples?.Dispose();
            _host.Failed(error);
            return null;
        }

        _steps.Dispose();
        _mark.Close();
        _slices?.Dispose();
        _model.Samples?.Dispose();
        _peers.Dispose();
        _listener.Dispose();
        return _dismissed;
    }

    /// <summary>A message of the coordinator; any thread.</summary>
    public void Deliver(ControlMessage message) => _events.Post(() => OnControl(message));

    /// <summary>There is a new way to a coordinator, or a new coordinator: the node says who it is; any thread.</summary>
    public void Introduce() => _events.Post(() => Handle(machine => machine.Introduce(_outbox)));

    /// <summary>
    /// The host was asked to end: the node hands over first, and is dismissed then; one that is not ready yet has nothing
    /// to hand over and ends at once. Any thread.
    /// </summary>
    public void Leave() => _events.Post(() =>
    {
        if (_machine is null)
        {
            _events.Close();
        }

        Handle(machine => machine.OnLeaveRequested(_outbox));
    });

    /// <summary>
    /// No coordinator is left to hand over to: what this node holds is written down, if it holds anything, and then the
    /// caller goes on. Any thread.
    /// </summary>
    public void LeaveBehind(string runFolder, Action then) => _events.Post(() =>
    {
        if (_machine is { View: not null } machine)
        {
            // What is still to be applied here is applied by a tick.
            machine.OnTick(Now, _outbox);
            var partitions = new PartitionLayout(_loop!.Layout.Elements, _spec.BlockElements, _spec.Partitions);
            OrphanFiles.Write(runFolder, new NodeId(_place.Node), machine.Generation, _loop.Layout, partitions, machine.Replicas);
        }

        then();
    });

    /// <summary>Ends at once, nothing handed over; any thread.</summary>
    public void End() => _events.Close();

    void IStepEvents.OnStepLoopReady(IStepLoop loop, float[] initial) => _events.Post(() =>
    {
        _loop = loop;
        _initial = initial;
        var self = new Member(new NodeId(_place.Node), _place.Slot, _listener.Endpoint.ToString(), _place.Host);
        _machine = new NodeMachine(self, _spec, loop.Layout, InitialParameters, ProtocolRules.Safe, _place.Roots, _place.Limits.RefillBytesPerSecond);
        _listener.Expect(_machine.MostFloats * sizeof(float));
        Handle(machine => machine.Introduce(_outbox));
    });

    // On the step thread: the actor may be in the middle of something, and there is nothing to hand over.
    void IStepEvents.OnStepLoopFailed(Exception error) => _host.Failed(error);

    void IStepEvents.OnParametersLoaded(StepKey key) => _events.Post(() => Handle(machine => machine.OnParametersLoaded(key, _outbox)));

    void IStepEvents.OnLaneComputed(StepKey key, int lane, float[] gradient, double loss) => _events.Post(() =>
    {
        var isLast = _clock.LaneComputed(key.Step);
        _faults.LaneComputed(key.Step, isLast: false);
        Handle(machine =>
        {
            machine.OnLaneComputed(key, lane, gradient, loss, _outbox);
            _steps.Supply(machine.Pool.Rent(gradient.Length));
        });
        if (isLast)
        {
            _faults.LaneComputed(key.Step, isLast: true);
            _timed = _clock.PushesDone() ?? _timed;
            if (_machine is not { Seals: true })
            {
                SendTiming();
            }
        }
    });

    void IStepEvents.OnBatchEvaluated(StepKey key, int batch, double loss) =>
        _events.Post(() => Handle(machine => machine.OnBatchEvaluated(key, batch, loss, _outbox)));

    // On the connection's thread: what is no message costs the actor nothing, and nothing that comes behind it is read. Its
    // connection ends, others of that node and ours to others stand.
    CloseReason? ITensorEvents.OnFrame(int fromNode, ReadOnlyMemory<byte> header, TensorBuffer payload)
    {
        var (machine, message) = (_machine, TensorCodec.Decode(header, payload.Memory));
        if (message is not null && machine?.Understands(message) == true)
        {
            _events.Post(() => OnMessage(new NodeId(fromNode), message, payload));
            return null;
        }

        // Of a node that is not ready nobody wants anything yet, and it cannot say what would fit.
        payload.Dispose();
        return message is not null && machine is null ? null : CloseReason.NotAMessage;
    }

    void ISliceEvents.OnStored(SliceStored stored) => _events.Post(() => OnSliceDone(machine => machine.OnSliceStored(stored, _outbox)));

    void ISliceEvents.OnNotStored(SliceNotStored missing) => _events.Post(() => OnSliceDone(_ => NodeMachine.OnSliceNotStored(missing, _outbox)));

    void ISliceEvents.OnLoaded(CheckpointId checkpoint, PartitionId partition, SliceContent content) =>
        _events.Post(() => Handle(machine => machine.OnSliceLoaded(checkpoint, partition, content, _outbox)));

    // What was whole when the run chose it is broken now: this process ends with the cause, and the run looks for another.
    void ISliceEvents.OnBroken(InvalidDataException error) => _host.Failed(error);

    void ITensorEvents.OnRefused(IPAddress? from, CloseReason reason) => _refusals.Note($"of {from}", reason, Now);

    void ITensorEvents.OnOpened(int node, LinkDirection direction)
    {
    }

    void ITensorEvents.OnClosed(int node, LinkDirection direction, CloseReason reason)
    {
        _refusals.Note(direction == LinkDirection.Incoming ? $"of node {node}" : $"to node {node}", reason, Now);
        _host.LinkClosed(node);
    }

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
            case FaultKind.DeviceAbort:
                _steps.Fail(DeviceFault.Abort);
                break;
            case FaultKind.NotANumber:
                _steps.Spoil();
                break;
            case FaultKind.Flip:
                _steps.Flip();
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(kind), kind, "not a fault of one process");
        }
    }

    private void OnMessage(NodeId from, TensorMessage message, TensorBuffer payload)
    {
        using (payload)
        {
            if (message is Reduced reduced)
            {
                _faults.Reached(reduced.Key.Step, ProtocolPoint.Seal);
            }

            Handle(machine => machine.HandleTensor(from, message, _outbox));
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

    private void Tick() => Handle(machine => machine.OnTick(Now, _outbox));

    private static TimeSpan Now => TimeSpan.FromMilliseconds(Environment.TickCount64);

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

                    // The last seal leads to the step's line in the metrics: what it took has to be known by then. The two are
                    // said in one go, since each way to a coordinator elsewhere costs processor time that a step loop wants.
                    _timed = _clock.PushesDone() ?? _timed;
                    SendTiming();
                }

                if (message is Heartbeat heartbeat)
                {
                    // Where the seals are long in coming.
                    SendTiming();
                    message = WithBytes(heartbeat);
                }

                _host.Send(message);
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
                Export(write);
                break;
            case StoreSlice slice:
                _slicesUnderWay++;
                Slices.Store(slice);
                break;
            case LoadSlice load:
                Slices.Load(load);
                break;
            case HoldShards hold:
                _model.Samples?.Hold(hold);
                break;
            case ReadSamples read:
                _model.Samples?.Read(read);
                break;
            case KeepSamples keep:
                _model.Samples?.Keep(keep);
                break;
            case DeliverSamples deliver:
                _model.Samples?.Deliver(deliver);
                break;
            case EndNode end:
                _dismissed ??= end.Reason;
                EndUnlessWriting();
                break;
            default:
                throw new InvalidOperationException($"{effect.GetType().Name} is not a node's effect");
        }
    }

    private void OnSliceDone(Action<NodeMachine> report)
    {
        _slicesUnderWay--;
        Handle(report);
        if (_dismissed is not null)
        {
            EndUnlessWriting();
        }
    }

    // Who leaves in order still owes the checkpoint what it has begun to write of it; the notice bounds how long.
    private void EndUnlessWriting()
    {
        if (_dismissed != DismissReason.HandedOver || _slicesUnderWay == 0)
        {
            _events.Close();
        }
    }

    private SliceKeeper Slices => _slices ?? throw new InvalidOperationException("a run without a store has no checkpoints");

    // What the machine cannot count: it knows no frames, and no step loop.
    private Heartbeat WithBytes(Heartbeat heartbeat) => heartbeat with
    {
        Counters = heartbeat.Counters with
        {
            BytesSent = _transport.BytesOut,
            BytesReceived = _transport.BytesIn,
            SamplesFromHolders = _model.Samples?.FromHolders ?? 0,
            SamplesFromFile = _model.Samples?.FromFile ?? 0,
        },
    };

    private void SendTiming()
    {
        if (_timed is { } timed)
        {
            _timed = null;
            _host.Send(timed);
        }
    }

    // A fault that is to strike between an update and the word of it needs that word held back.
    private bool SendNow(NodeId to, TensorMessage message)
    {
        if (to.Value == _place.Node || _faults.Awaits(ProtocolPoint.Apply))
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

    // Beside the actor, whose heartbeats must not wait for a disk. The parameters are final: nothing replaces them.
    private void Export(WriteWeights write)
    {
        if (_export == write.Key)
        {
            if (_exported is { } known)
            {
                // Whoever asked first may be gone without having heard it.
                _host.Send(known);
            }

            return;
        }

        _export = write.Key;
        _exported = null;
        new Thread(() =>
        {
            try
            {
                _exported = new WeightsExported(write.Key.Lineage, write.Key.Step, _model.Export(_loop!, write.Flat));
                _host.Send(_exported);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                _host.Failed(error);
            }
        })
        { IsBackground = true, Name = "export" }.Start();
    }

    // Once a lineage begins, each partition asks for its part of the seeded vector.
    private ReadOnlyMemory<float> InitialParameters(PartitionRange range) => _initial.AsMemory(range.Flat);
}
