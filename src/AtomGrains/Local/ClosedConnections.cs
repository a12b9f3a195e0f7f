namespace AtomGrains.Local;

/// <summary>
/// Nodes whose connection has closed while their process is not seen to have ended. Of a dead one that comes a little later,
/// and is worth the time: nobody shall be given a lane that has just ended a worker before the coordinator knows that it has.
/// </summary>
internal sealed class ClosedConnections
{
    /// <summary>A millisecond as a rule, and more on a machine with much else to do; only for who is not dead is it all waited for.</summary>
    public static readonly TimeSpan ExitFollowsWithin = TimeSpan.FromMilliseconds(250);

    private readonly Dictionary<NodeHandle, TimeSpan> _closed = [];

    public void Add(NodeHandle node, TimeSpan now) => _closed.TryAdd(node, now);

    /// <summary>It is known what became of the node.</summary>
    /// <returns>Whether it was not before.</returns>
    public bool Remove(NodeHandle node) => _closed.Remove(node);

    /// <summary>Those whose process has ended, or has not in all the time that it is given: each is returned once.</summary>
    public IReadOnlyList<NodeHandle> TakeDue(TimeSpan now)
    {
        var due = _closed.Where(node => node.Key.HasExited || now - node.Value >= ExitFollowsWithin).Select(node => node.Key).ToList();
        due.ForEach(node => _closed.Remove(node));
        return due;
    }
}
