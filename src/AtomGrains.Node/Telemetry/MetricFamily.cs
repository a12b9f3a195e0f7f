using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace AtomGrains.Node.Telemetry;

/// <summary>One instrument as a family of the Prometheus text format, version 0.0.4. Not safe for concurrent callers.</summary>
internal sealed class MetricFamily
{
    private readonly SortedDictionary<string, Sample> _samples = new(StringComparer.Ordinal);
    private readonly string _name;
    private readonly string _type;
    private readonly string _help;
    private readonly double[] _bounds;
    private readonly bool _adds;
    private readonly KeyValuePair<string, object?>[] _tags;

    /// <exception cref="NotSupportedException">A kind of instrument that this page does not know.</exception>
    public MetricFamily(Instrument instrument)
    {
        _name = $"{instrument.Meter.Name}_{instrument.Name}";
        _help = instrument.Description ?? "";
        IsObservable = instrument.IsObservable;
        _tags = [.. instrument.Meter.Tags ?? []];
        (_type, _adds, _bounds) = instrument switch
        {
            Counter<long> => ("counter", true, Array.Empty<double>()),
            ObservableCounter<long> or ObservableCounter<double> => ("counter", false, []),
            ObservableGauge<double> => ("gauge", false, []),
            Histogram<double> histogram => ("histogram", true, [.. histogram.Advice?.HistogramBucketBoundaries ?? []]),
            _ => throw new NotSupportedException($"{_name}: the page has no form for a {instrument.GetType().Name}"),
        };
    }

    /// <summary>Its values are asked for with each page, and only those that are given then hold.</summary>
    public bool IsObservable { get; }

    public void Clear() => _samples.Clear();

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = Labels([.. _tags, .. tags]);
        if (!_samples.TryGetValue(labels, out var sample))
        {
            _samples[labels] = sample = new Sample(new long[_bounds.Length]);
        }

        sample.Value = _adds ? sample.Value + value : value;
        sample.Count++;
        for (var i = 0; i < _bounds.Length; i++)
        {
            sample.Buckets[i] += value <= _bounds[i] ? 1 : 0;
        }
    }

    public void Write(StringBuilder page)
    {
        if (_samples.Count == 0)
        {
            return;
        }

        page.Append(CultureInfo.InvariantCulture, $"# HELP {_name} {_help.Replace("\\", "\\\\").Replace("\n", "\\n")}\n# TYPE {_name} {_type}\n");
        foreach (var (labels, sample) in _samples)
        {
            if (_type != "histogram")
            {
                Line(page, _name, labels, sample.Value);
                continue;
            }

            for (var i = 0; i < _bounds.Length; i++)
            {
                Line(page, _name + "_bucket", Join(labels, $"le=\"{Number(_bounds[i])}\""), sample.Buckets[i]);
            }

            Line(page, _name + "_bucket", Join(labels, "le=\"+Inf\""), sample.Count);
            Line(page, _name + "_sum", labels, sample.Value);
            Line(page, _name + "_count", labels, sample.Count);
        }
    }

    private static void Line(StringBuilder page, string name, string labels, double value) =>
        page.Append(name).Append(labels.Length == 0 ? "" : $"{{{labels}}}").Append(' ').Append(Number(value)).Append('\n');

    private static string Join(string labels, string more) => labels.Length == 0 ? more : $"{labels},{more}";

    private static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = new StringBuilder();
        foreach (var (name, value) in tags)
        {
            var text = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
            labels.Append(labels.Length == 0 ? "" : ",").Append(name).Append("=\"")
                .Append(text.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n")).Append('"');
        }

        return labels.ToString();
    }

    private static string Number(double value) =>
        double.IsPositiveInfinity(value) ? "+Inf" : double.IsNegativeInfinity(value) ? "-Inf" : value.ToString("R", CultureInfo.InvariantCulture);

    private sealed class Sample(long[] buckets)
    {
        public double Value { get; set; }

        public long Count { get; set; }

        /// <summary>Cumulative, as the format has them.</summary>
        public long[] Buckets { get; } = buckets;
    }
}
