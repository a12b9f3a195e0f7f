namespace AtomGrains.Node.Telemetry;

/// <summary>The median of the last values: what is usual now, whatever a few of them were.</summary>
internal sealed class RecentMedian
{
    // Some seconds of training: short enough to follow a world that changes its size.
    private const int Most = 31;

    private readonly Queue<double> _values = new(Most);

    /// <summary>Null before the first.</summary>
    public double? Value => _values.Count == 0 ? null : _values.Order().ElementAt(_values.Count / 2);

    public void Add(double value)
    {
        if (_values.Count == Most)
        {
            _values.Dequeue();
        }

        _values.Enqueue(value);
    }
}
