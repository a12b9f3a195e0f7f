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
    // Two looks of a scraper that comes every 15 s. The first one alone may be under way while the process ends.
    private static readonly TimeSpan LastLooksWithin = TimeSpan.FromSeconds(30);
    private const int LastLooks = 2;

    private readonly object _scope = new();
    private readonly SemaphoreSlim _looks = new(0);
    private readonly MetricsPage _page;
    private readonly MetricsServer _server;
    private readonly UnfinishedRuns _unfinished;
    private RunMetrics? _metrics;
    private volatile bool _isOver;
    private bool _isStopped;

    /// <summary>Listens at once, so that a taken port is known before anything is written.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">The port is taken, or may not be.</exception>
    public LiveMetrics(int port)
    {
        _page = new MetricsPage(_scope);
        _server = new MetricsServer(port, Look);
        _unfinished = new UnfinishedRuns(() => _metrics is null || _isOver ? [] : [null], _scope);
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

    public void CheckpointInherited(TimeSpan age, TimeSpan now) => _metrics?.CheckpointInherited(age, now);

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

    /// <summary>The run is over.</summary>
    /// <param name="isStopped">Before its last step, and nobody had asked for it.</param>
    public void End(Coordinator coordinator, NodeTable nodes, FaultLedger ledger, bool isStopped, TimeSpan now)
    {
        foreach (var (kind, role) in ledger.TakeKnown())
        {
            _metrics?.Fault(kind, role);
        }

        (_isOver, _isStopped) = (true, isStopped);
        _metrics?.Observe(RunGauges.AtRest(coordinator.View?.Generation.Value ?? 0, nodes.Counters, coordinator.Audits, isStopped), held: 0, now);
    }

    /// <summary>
    /// The page ends with this process. Of a run that stopped for a fault, whoever has looked at it before is let look again,
    /// or else no alert could tell of that fault.
    /// </summary>
    /// <param name="note">Tells a person what is waited for.</param>
    public void AwaitLastLooks(Action<string> note, CancellationToken cancellation)
    {
        if (!_isStopped || _looks.CurrentCount == 0)
        {
            return;
        }

        note(FormattableString.Invariant($"the metrics are served for {LastLooksWithin.TotalSeconds} s more, or until they are read {LastLooks} times"));
        while (_looks.Wait(0, CancellationToken.None))
        {
            // Looks of before.
        }

        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        ended.CancelAfter(LastLooksWithin);
        try
        {
            for (var look = 0; look < LastLooks; look++)
            {
                _looks.Wait(ended.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // Nobody comes, or somebody wants it to end now.
        }
    }

    public void Dispose()
    {
        _server.Dispose();
        _page.Dispose();
        _unfinished.Dispose();
        _metrics?.Dispose();
        _looks.Dispose();
    }

    private string Look()
    {
        var page = ProcessStart.Text + _page.Write();
        _looks.Release();
        return page;
    }
}
