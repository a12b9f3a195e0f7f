using AtomGrains.Core.Runs;
using AtomGrains.Node.Telemetry;

namespace AtomGrains.Local;

/// <summary>The meter of a supervisor's run, and the page on which it is read while the run goes on.</summary>
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
        _unfinished = new UnfinishedRuns(() => _metrics is not { } metrics || _isOver ? [] : [new UnfinishedRun(null, metrics.DevicesWanted)], _scope);
    }

    public string Url => _server.Url;

    /// <summary>The run's meter, which ends with the page.</summary>
    public RunMetrics Begin(RunSpec spec, TimeSpan now) => _metrics = new RunMetrics(spec.GlobalBatch, spec.Model.Context, now, _scope);

    /// <summary>The run is over.</summary>
    /// <param name="isStopped">Before its last step, and nobody had asked for it.</param>
    public void End(bool isStopped) => (_isOver, _isStopped) = (true, isStopped);

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
