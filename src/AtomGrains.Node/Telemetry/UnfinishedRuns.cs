using System.Diagnostics.Metrics;

namespace AtomGrains.Node.Telemetry;

/// <summary>
/// Says of each run that is neither paused nor over that there is one and how many devices it wants, beside the run's own
/// meter: a run that nobody coordinates has none, and would neither be missed nor given a device.
/// </summary>
public sealed class UnfinishedRuns : IDisposable
{
    private readonly Meter _meter;

    /// <param name="runs">Such runs now. Called on the threads of exporters.</param>
    /// <param name="scope">The meter's.</param>
    public UnfinishedRuns(Func<IEnumerable<UnfinishedRun>> runs, object? scope = null)
    {
        _meter = new Meter(new MeterOptions(MetricNames.Meter) { Scope = scope });
        Gauge(MetricNames.RunUnfinished, "1 for a run that is neither paused nor over, whether anybody coordinates it or not.", _ => 1);
        Gauge(MetricNames.RunDevicesWanted, "Workers and spares that such a run wants; silos say it each of every run, so that it is one figure and no sum.", run => run.DevicesWanted);

        void Gauge(string name, string description, Func<UnfinishedRun, double> value) => _meter.CreateObservableGauge(
            name,
            () => runs().Select(run => run.Id is null ? new Measurement<double>(value(run)) : new Measurement<double>(value(run), new KeyValuePair<string, object?>(MetricNames.Run, run.Id))),
            unit: null,
            description);
    }

    public void Dispose() => _meter.Dispose();
}
