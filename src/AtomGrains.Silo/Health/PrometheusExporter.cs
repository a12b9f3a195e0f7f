using System.Diagnostics.Metrics;
using System.Text;
using AtomGrains.Node.Telemetry;
using Prometheus;

namespace AtomGrains.Silo.Health;

/// <summary>
/// The meters of all runs that this process coordinates, as prometheus-net writes them: names, types and labels are those of
/// <see cref="MetricsPage"/>. (Its own adapter for meters gives others: it renames, and it aggregates by itself.) What
/// is counted is kept here; what is observed is asked for with each page, and only what is answered then is on it. Any thread.
/// </summary>
internal sealed class PrometheusExporter : IDisposable
{
    private static readonly byte[] Start = Encoding.UTF8.GetBytes(ProcessStart.Text);

    private readonly object _gate = new();
    private readonly CollectorRegistry _counted = Metrics.NewCustomRegistry();
    private readonly MeterListener _listener = new();
    private CollectorRegistry _observed = Metrics.NewCustomRegistry();

    public PrometheusExporter()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == MetricNames.Meter)
            {
                listener.EnableMeasurementEvents(instrument, new ExportedInstrument(instrument));
            }
        };

        // A run that ended, or is coordinated elsewhere now, has no series here any more.
        _listener.MeasurementsCompleted = (_, exported) => ((ExportedInstrument?)exported)?.Forget();
        _listener.SetMeasurementEventCallback<long>((_, value, tags, exported) => Record(exported, value, tags));
        _listener.SetMeasurementEventCallback<double>((_, value, tags, exported) => Record(exported, value, tags));
        _listener.Start();
    }

    /// <summary>The Prometheus text format, version 0.0.4.</summary>
    public async Task<byte[]> PageAsync(CancellationToken cancellation)
    {
        CollectorRegistry observed;
        lock (_gate)
        {
            // A new one each time: a value that nobody gives any more would stand in the old one for good.
            observed = _observed = Metrics.NewCustomRegistry();
            _listener.RecordObservableInstruments();
        }

        using var page = new MemoryStream();
        page.Write(Start);
        await _counted.CollectAndExportAsTextAsync(page, cancellation).ConfigureAwait(false);
        await observed.CollectAndExportAsTextAsync(page, cancellation).ConfigureAwait(false);
        return page.ToArray();
    }

    public void Dispose() => _listener.Dispose();

    private void Record(object? exported, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (exported is not ExportedInstrument instrument)
        {
            // An instrument that is just coming or going is asked as well.
            return;
        }

        // Observable ones are asked under the gate, by PageAsync alone.
        instrument.Record(instrument.IsObservable ? _observed : _counted, value, tags);
    }
}
