using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Grains.Runs;
using AtomGrains.Grains.Wire;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Workers;
using Orleans.Runtime;

namespace AtomGrains.Grains.Workers;

/// <summary>
/// A node of this silo, whose body is on threads of its own or in a child process: no grain scheduler's thread computes or
/// waits for a tensor. Its control messages are grain calls.
/// </summary>
internal sealed class SiloNode : INodeOwner
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(30);

    private readonly ISiloRun _run;
    private readonly NodeSilo _self;
    private readonly IRunGrain _coordinator;
    private readonly StruckFaults _struck;
    private readonly Pump<ControlMessage> _reports;
    private readonly Neighbours _neighbours;
    private readonly INodeBody _body;
    private readonly Action<Exception> _failed;
    private volatile bool _over;
    private volatile bool _givenUp;
    private volatile bool _deviceFailed;
    private int _failedChecks;

    /// <param name="failed">Hears why the coordinator cannot be told, once until it can; any thread.</param>
    public SiloNode(WorkerSeat seat, ISiloRun run, IRunGrain coordinator, IClusterMembershipService membership, SiloAddress silo, Action<Exception> failed)
    {
        _failed = failed;
        _run = run;
        Id = new NodeId(seat.Node);
        Slot = seat.Slot;
        _self = new NodeSilo(seat.Node, silo.ToParsableString());
        _coordinator = coordinator;
        _struck = new StruckFaults(run.Plan.Folder, run.Plan.Settings.Faults);
        _reports = new Pump<ControlMessage>(ReportAsync, Timeout.InfiniteTimeSpan, failed);
        _neighbours = new Neighbours(membership, node => TellAsync(() => _over, () => _coordinator.NodeEnded(node)));
        var struck = _struck.Orders;
        var place = new NodePlace
        {
            Node = seat.Node,
            Slot = seat.Slot,
            RunId = run.Plan.RunId,
            Listen = run.Listen,
            Roots = run.Plan.Settings.Roots,
            Limits = run.Plan.Settings.Limits,
            Host = run.Host,
            Secret = run.Secret,
            Tls = run.Tls,
            LaneMark = LaneMark.PathOf(run.Plan.Folder, seat.Node),
            Faults = [.. run.Plan.Settings.Faults.Orders
                .Select((order, number) => new NumberedFault(number, order))
                .Where(fault => fault.Order.Worker == seat.Slot && !struck.Contains(fault.Number))],
        };
        _body = run.CreateNode(place, seat.Child, this);
    }

    public NodeId Id { get; }

    public int Slot { get; }

    public string RunId => _run.Plan.RunId;

    public int ProcessId => _body.ProcessId ?? Environment.ProcessId;

    /// <summary>The node was dismissed or ended: nothing lives here any more.</summary>
    public bool IsOver => _over;

    /// <summary>Its device is free.</summary>
    public bool HasLeftItsDevice => _over || _givenUp;

    /// <summary>Its process ended with a failure of the device, or in a way that may be one.</summary>
    public bool DeviceFailed
    {
        get => _deviceFailed;
        set => _deviceFailed = value;
    }

    /// <summary>A check of its device has failed, after its end.</summary>
    public void CheckFailed(string failure)
    {
        var number = Interlocked.Increment(ref _failedChecks);
        _ = Task.Run(() => TellAsync(() => false, () => _coordinator.NodeExited(new NodeExit(Id.Value, FaultLedger.CheckKind, failure, null, WireContract.Version, number, Slot))));
    }

    public void Begin() => _body.Begin();

    public void Deliver(ControlBatch batch)
    {
        // All before the first: a batch that cannot be read comes again whole.
        ControlMessage[] messages = [.. batch.Messages.Select(FromWire.Map)];
        foreach (var control in messages)
        {
            switch (control)
            {
                case AdoptView adopt:
                    _neighbours.Learn(adopt.View, batch.Silos);
                    break;
                case Decide decide:
                    _run.Decided(decide.Decision.Step);
                    break;
                default:
                    break;
            }

            _body.Deliver(control);
        }
    }

    public void Leave() => _body.Leave();

    public void LeaveBehind() => _body.LeaveBehind();

    public void End() => _body.End();

    void INodeHost.Send(ControlMessage message)
    {
        if (message is NodeReady)
        {
            _run.Ready();
        }

        _reports.Post(message);
    }

    void INodeHost.Strikes(int order, DateTimeOffset at) => _struck.TryStrike(order, Id, at);

    void INodeHost.Failed(Exception error)
    {
        try
        {
            // It is this silo's process that ends: who started it sees with which exit code, and reads here of what.
            new LastWords(NodeProcess.ExitCodeOf(error), LastWords.CauseOf(error)).Write(_run.Plan.Folder, Id);
        }
        catch (Exception unwritten) when (unwritten is IOException or UnauthorizedAccessException)
        {
            _failed(unwritten);
        }

        _run.EndFailed(error);
    }

    void INodeHost.LinkClosed(int node) => _ = Task.Run(() => _neighbours.FindOutAsync(node));

    void INodeOwner.GivenUp() => _givenUp = true;

    void INodeOwner.Ended(ProcessEnd? end)
    {
        // Before the device counts as free.
        _deviceFailed = end is { LeavesDoubt: true };
        _over = true;
        _reports.Close();
        if (end is not null)
        {
            _ = Task.Run(() => TellAsync(() => false, () => _coordinator.NodeExited(new NodeExit(Id.Value, end.Kind, end.Cause, end.SiloRests, WireContract.Version))));
        }
    }

    private async Task<bool> ReportAsync(IReadOnlyList<ControlMessage> messages)
    {
        await _coordinator.Report(new ControlBatch(WireContract.Version, Id.Value, [.. messages.Select(ToWire.Map)], [_self])).ConfigureAwait(false);
        return true;
    }

    // Until somebody hears it: the coordinator itself may have been there, or has a volume that it cannot write.
    private Task TellAsync(Func<bool> isVain, Func<Task> call) => new RepeatedCall(Pause, _failed).MakeAsync(call, _ => isVain());
}
