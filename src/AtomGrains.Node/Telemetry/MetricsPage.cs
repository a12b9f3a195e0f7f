using System.Diagnostics.Metrics;
using System.Text;

namespace AtomGrains.Node.Telemetry;

/// <summary>Follows the meter of a run and writes what it has counted in the Prometheus text format. Any thread.</summary>
public sealed class MetricsPage : IDisposable
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly object _gate = new();
    private readonly SortedDictionary<string, MetricFamily> _families = new(StringComparer.Ordinal);
    private readonly MeterListener _listener = new();

    /// <summary>Follows the meters of this scope, also those that begin later.</summary>
    public MetricsPage(object? scope = null)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == MetricNames.Meter && ReferenceEquals(instrument.Meter.Scope, scope))
            {
                var family = new MetricFamily(instrument);
                lock (_gate)
                {
                    _families[instrument.Name] = family;
                }

                listener.EnableMeasurementEvents(instrument, family);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, value, tags, family) => Record(family, value, tags));
        _listener.SetMeasurementEventCallback<double>((_, value, tags, family) => Record(family, value, tags));
        _listener.Start();
    }

    public string Write()
    {
        var page = new StringBuilder();
        lock (_gate)
        {
            foreach (var family in _families.Values.Where(family => family.IsObservable))
            {
                family.Clear();
            }

            _listener.RecordObservableInstruments();
            foreach (var family in _families.Values)
            {
                family.Write(page);
            }
        }

        return page.ToString();
    }

    public void Dispose() => _listener.Dispose();

    private void Record(object? family, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        lock (_gate)
        {
            // Without one: an instrument that is just coming or going is asked as well.
            (family as MetricFamily)?.Record(value, tags);
        }
    }
}
