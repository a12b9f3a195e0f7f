using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Coordination;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Core.Runs;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Telemetry;

namespace AtomGrains.Local;

/// <summary>What a supervisor tells the run's meter, and the page on which it is read while the run goes on.</summary>
internal sealed class LiveMetrics : IDisposable
{
    private readonly object _scope = new();
    private readonly MetricsPage _page;
    private readonly MetricsServer _server;
    private RunMetrics? _metrics;

    /// <summary>Listens at once, so that a taken port is known before anything is written.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">The port is taken, or may not be.</exception>
    public LiveMetrics(int port)
    {
        _page = new MetricsPage(_scope);
        _server = new MetricsServer(port, () => ProcessStart.Text + _page.Write());
    }

    public string Url => _server.Url;

    public void Begin(RunSpec spec, TimeSpan now) => _metrics = new RunMetrics(spec.GlobalBatch, spec.Model.Context, now, _scope);

    public void Said(NodeHandle node, ControlMessage message)
    {
        if (message is StepTimed timed)
        {
            _metrics?.Timed(timed);
        }
        else if (message is LeaveRequested && !node.Leaves)
        {
            _metrics?.LeaveNoticed();
        }
    }

    public void Stored(SliceStored stored) => _metrics?.Stored(stored);

    public void Installed(View view) => _metrics?.ViewInstalled(view.Workers.Count);

    public void Decided(Decision decision, StepSeconds seconds, TimeSpan now) => _metrics?.Decided(decision, seconds.ByPhase(), now);

    public void Recovered(FaultLine line) => _metrics?.Recovered(line.Seconds.ByPhase());

    public void CheckpointCompleted(TimeSpan now) => _metrics?.CheckpointCompleted(now);

    public void RolledBack(long steps) => _metrics?.RolledBack(steps);

    /// <param name="spares">That are wanted.</param>
    /// <param name="quarantined">Devices that are used no more.</param>
    public void Observe(Coordinator coordinator, NodeTable nodes, FaultLedger ledger, int spares, int quarantined, TimeSpan now)
    {
        foreach (var (kind, role) in ledger.TakeKnown())
        {
            _metrics?.Fault(kind, role);
        }

        var running = nodes.Running.ToList();
        var ready = running.Count(node => node.IsReady && coordinator.StandingOf(node.Id) == NodeStanding.Alive);
        var view = coordinator.View;
        var gauges = new RunGauges(view?.Workers.Count ?? 0, ready, view?.Generation.Value ?? 0, nodes.Counters, coordinator.CheckpointAge, coordinator.Audits)
        {
            WorkersWanted = coordinator.TargetWorkers,
            SparesWanted = spares,
            DevicesMissing = Math.Max(0, coordinator.TargetWorkers + spares - running.Count(node => coordinator.Counts(node.Id))),
            DevicesQuarantined = quarantined,
        };
        _metrics?.Observe(gauges, running.Count, now);
    }

    public void Dispose()
    {
        _server.Dispose();
        _page.Dispose();
        _metrics?.Dispose();
    }
}
