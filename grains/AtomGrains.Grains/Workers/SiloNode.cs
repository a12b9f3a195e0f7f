using System.Net;
using System.Net.Sockets;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Grains.Runs;
using AtomGrains.Grains.Wire;
using AtomGrains.Node.Workers;
using Orleans.Runtime;

namespace AtomGrains.Grains.Workers;

/// <summary>
/// A node inside a silo, on threads of its own: no grain scheduler's thread computes or waits for a tensor. Its control
/// messages are grain calls. When a link to another node breaks, it finds out whether that node is gone, and says so to
/// the run grain and to the cluster: both would notice by themselves, but later.
/// </summary>
internal sealed class SiloNode : INodeHost
{
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromMilliseconds(300);

    private readonly ISiloRun _run;
    private readonly NodeSilo _self;
    private readonly IRunGrain _coordinator;
    private readonly IClusterMembershipService _membership;
    private readonly StruckFaults _struck;
    private readonly NodeActor _actor;
    private readonly Pump<ControlMessage> _reports;
    private readonly Lock _gate = new();
    private readonly HashSet<int> _gone = [];
    private Dictionary<int, IPEndPoint> _addresses = [];
    private readonly Dictionary<int, SiloAddress> _silos = [];
    private volatile bool _over;

    public SiloNode(WorkerSeat seat, ISiloRun run, IRunGrain coordinator, IClusterMembershipService membership, SiloAddress silo)
    {
        _run = run;
        Id = new NodeId(seat.Node);
        Slot = seat.Slot;
        _self = new NodeSilo(seat.Node, silo.ToParsableString());
        _coordinator = coordinator;
        _membership = membership;
        _struck = new StruckFaults(run.Plan.Folder);
        _reports = new Pump<ControlMessage>(ReportAsync, Timeout.InfiniteTimeSpan);
        var struck = _struck.Orders;
        var place = new NodePlace
        {
            Node = seat.Node,
            Slot = seat.Slot,
            RunId = run.Plan.RunId,
            Listen = run.Listen,
            Roots = run.Plan.Roots,
            Host = run.Host,
            Secret = run.Secret,
            Faults = [.. run.Plan.Faults.Orders
                .Select((order, number) => new NumberedFault(number, order))
                .Where(fault => fault.Order.Worker == seat.Slot && !struck.Contains(fault.Number))],
        };
        _actor = new NodeActor(place, run.Plan.Spec, run.CreateModel(), run.Plan.Heartbeat, this);
    }

    public NodeId Id { get; }

    public int Slot { get; }

    /// <summary>The node was dismissed or ended; its device is free.</summary>
    public bool IsOver => _over;

    public void Begin() => new Thread(Live) { IsBackground = true, Name = $"node {Id.Value}" }.Start();

    public void Deliver(ControlBatch batch)
    {
        foreach (var message in batch.Messages)
        {
            var control = FromWire.Map(message);
            if (control is AdoptView adopt)
            {
                Learn(adopt.View, batch.Silos);
            }

            _actor.Deliver(control);
        }
    }

    public void Leave() => _actor.Leave();

    public void End() => _actor.End();

    void INodeHost.Send(ControlMessage message) => _reports.Post(message);

    void INodeHost.Strikes(int order, DateTimeOffset at) => _struck.TryStrike(order, Id, at);

    void INodeHost.Failed(Exception error) => _run.EndFailed(error);

    void INodeHost.LinkClosed(int node) => _ = Task.Run(() => FindOutAsync(node));

    private void Live()
    {
        _actor.Run();
        _over = true;
        _reports.Close();
    }

    private void Learn(View view, IReadOnlyList<NodeSilo> silos)
    {
        lock (_gate)
        {
            _addresses = view.Members.ToDictionary(member => member.Node.Value, member => IPEndPoint.Parse(member.Address));
            foreach (var silo in silos)
            {
                _silos[silo.Node] = SiloAddress.FromParsableString(silo.Silo);
            }
        }
    }

    private async Task<bool> ReportAsync(IReadOnlyList<ControlMessage> messages)
    {
        await _coordinator.Report(new ControlBatch(WireContract.Version, Id.Value, [.. messages.Select(ToWire.Map)], [_self])).ConfigureAwait(false);
        return true;
    }

    private async Task FindOutAsync(int node)
    {
        IPEndPoint? address;
        SiloAddress? silo;
        lock (_gate)
        {
            silo = _silos.GetValueOrDefault(node);
            if (!_addresses.TryGetValue(node, out address) || _gone.Contains(node))
            {
                return;
            }
        }

        // A link may break between two living nodes; a port that refuses has nobody behind it any more.
        if (!await IsRefusedAsync(address).ConfigureAwait(false))
        {
            return;
        }

        lock (_gate)
        {
            if (!_gone.Add(node))
            {
                return;
            }
        }

        var ended = TellAsync(node);
        if (silo is not null && await IsRefusedAsync(silo.Endpoint).ConfigureAwait(false))
        {
            await _membership.TryKill(silo).ConfigureAwait(false);
        }

        await ended.ConfigureAwait(false);
    }

    // Until somebody hears it: the coordinator itself may have been there.
    private async Task TellAsync(int node)
    {
        while (!_over)
        {
            try
            {
                await _coordinator.NodeEnded(node).ConfigureAwait(false);
                return;
            }
            catch (Exception error) when (error is OrleansException or TimeoutException or OperationCanceledException)
            {
                await Task.Delay(ProbeTimeout / 10).ConfigureAwait(false);
            }
        }
    }

    private static async Task<bool> IsRefusedAsync(IPEndPoint address)
    {
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        using var timeout = new CancellationTokenSource(ProbeTimeout);
        try
        {
            await socket.ConnectAsync(address, timeout.Token).ConfigureAwait(false);
            return false;
        }
        catch (SocketException error)
        {
            return error.SocketErrorCode == SocketError.ConnectionRefused;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
