using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using Prometheus;

namespace AtomGrains.Silo.Health;

/// <summary>One instrument of one run's meter, as collectors of prometheus-net. The meter's tags are labels of all its series. Any thread.</summary>
internal sealed class ExportedInstrument
{
    private readonly string _name;
    private readonly string _help;
    private readonly KeyValuePair<string, object?>[] _tags;
    private readonly double[] _bounds;
    private readonly Kind _kind;
    private readonly ConcurrentDictionary<string, Action> _forget = new();

    /// <exception cref="NotSupportedException">A kind of instrument that the page of the embedded host does not know either.</exception>
    public ExportedInstrument(Instrument instrument)
    {
        _name = $"{instrument.Meter.Name}_{instrument.Name}";
        _help = instrument.Description ?? "";
        _tags = [.. instrument.Meter.Tags ?? []];
        IsObservable = instrument.IsObservable;
        (_kind, _bounds) = instrument switch
        {
            Counter<long> or ObservableCounter<long> or ObservableCounter<double> => (Kind.Counter, Array.Empty<double>()),
            ObservableGauge<double> => (Kind.Gauge, []),
            Histogram<double> histogram => (Kind.Histogram, [.. histogram.Advice?.HistogramBucketBoundaries ?? []]),
            _ => throw new NotSupportedException($"{_name}: there is no collector for a {instrument.GetType().Name}"),
        };
    }

    private enum Kind
    {
        Counter,
        Gauge,
        Histogram,
    }

    public bool IsObservable { get; }

    public void Record(CollectorRegistry registry, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        KeyValuePair<string, object?>[] all = [.. _tags, .. tags];
        var names = Array.ConvertAll(all, tag => tag.Key);
        var values = Array.ConvertAll(all, tag => Convert.ToString(tag.Value, CultureInfo.InvariantCulture) ?? "");
        var metrics = Metrics.WithCustomRegistry(registry);
        switch (_kind)
        {
            case Kind.Counter:
                var counter = metrics.CreateCounter(_name, _help, names, new CounterConfiguration { SuppressInitialValue = true });
                counter.WithLabels(values).Inc(value);
                counter.WithLabels(values).Publish();
                Remember(counter, values);
                break;
            case Kind.Gauge:
                metrics.CreateGauge(_name, _help, names).WithLabels(values).Set(value);
                break;
            default:
                var histogram = metrics.CreateHistogram(_name, _help, names, new HistogramConfiguration { Buckets = _bounds, SuppressInitialValue = true });
                histogram.WithLabels(values).Observe(value);
                Remember(histogram, values);
                break;
        }
    }

    /// <summary>Its labelled series are gone from the page; one without labels belongs to nobody alone.</summary>
    public void Forget()
    {
        foreach (var forget in _forget.Values)
        {
            forget();
        }
    }

    private void Remember<TChild>(Collector<TChild> collector, string[] values)
        where TChild : ChildBase
    {
        if (!IsObservable && values.Length > 0)
        {
            _forget.TryAdd(string.Join('\0', values), () => collector.RemoveLabelled(values));
        }
    }
}
