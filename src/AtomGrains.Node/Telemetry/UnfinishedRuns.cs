using System.Diagnostics.Metrics;

namespace AtomGrains.Node.Telemetry;

/// <summary>
/// Says of each run that is neither paused nor over that there is one, beside the run's own meter: a run that nobody
/// coordinates has none, and would not be missed.
/// </summary>
public sealed class UnfinishedRuns : IDisposable
{
    private readonly Meter _meter;

    /// <param name="runs">Ids of such runs now; null for one that has no label. Called on the threads of exporters.</param>
    /// <param name="scope">The meter's.</param>
    public UnfinishedRuns(Func<IEnumerable<string?>> runs, object? scope = null)
    {
        _meter = new Meter(new MeterOptions(MetricNames.Meter) { Scope = scope });
        _meter.CreateObservableGauge(
            MetricNames.RunUnfinished,
            () => runs().Select(run => run is null ? new Measurement<double>(1) : new Measurement<double>(1, new KeyValuePair<string, object?>(MetricNames.Run, run))),
            unit: null,
            "1 for a run that is neither paused nor over, whether anybody coordinates it or not.");
    }

    public void Dispose() => _meter.Dispose();
}
