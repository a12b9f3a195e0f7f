namespace AtomGrains.Node.Transport;

/// <summary>When to try again: after a first pause that doubles with every failure in a row, up to a most. Knows no clock.</summary>
internal sealed class Backoff(TimeSpan first, TimeSpan most)
{
    private int _failures;
    private TimeSpan _notBefore = TimeSpan.MinValue;

    public bool MayTry(TimeSpan now) => now >= _notBefore;

    public void Failed(TimeSpan now)
    {
        var pause = Math.Min(first.TotalMilliseconds * Math.Pow(2, Math.Min(_failures, 30)), most.TotalMilliseconds);
        _failures++;
        _notBefore = now + TimeSpan.FromMilliseconds(pause);
    }

    /// <summary>An opened connection ended: growth starts over, but not without a pause, or a peer that accepts and closes would be hammered.</summary>
    public void Ended(TimeSpan now)
    {
        _failures = 0;
        Failed(now);
    }
}
