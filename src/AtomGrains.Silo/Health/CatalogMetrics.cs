using AtomGrains.Grains.Runs;
using AtomGrains.Node.Telemetry;

namespace AtomGrains.Silo.Health;

/// <summary>
/// Which runs of the cluster are unfinished and how many devices they want, read from their folders, so that every silo can
/// say it of runs that nobody coordinates. Of a catalog that cannot be read nothing is said.
/// </summary>
internal sealed class CatalogMetrics : IDisposable
{
    // As often as pages are usually read; of a run that is over nothing is read again.
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(15);

    private readonly IRunCatalog _catalog;
    private readonly UnfinishedRuns _unfinished;
    private readonly RepeatedProbe _probe;
    private volatile IReadOnlyList<UnfinishedRun> _runs = [];

    /// <param name="every">How often the catalog is read; every 15 s unless given.</param>
    public CatalogMetrics(IRunCatalog catalog, TimeSpan? every = null)
    {
        _catalog = catalog;
        _unfinished = new UnfinishedRuns(() => _runs);
        _probe = new RepeatedProbe("catalog", Read, _ => every ?? Every, patience: Every);
    }

    public void Dispose()
    {
        _probe.Dispose();
        _unfinished.Dispose();
    }

    private string? Read()
    {
        try
        {
            _runs = [.. _catalog.List().Where(run => run.WantsDevices).Select(run => new UnfinishedRun(run.Summary.Name, run.Devices))];
            return null;
        }
        catch (Exception error)
        {
            // A thread's edge: a folder that is away or torn ends no silo. Who asks for that very run is told.
            _runs = [];
            return error.Message;
        }
    }
}
