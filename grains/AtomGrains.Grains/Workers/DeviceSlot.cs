namespace AtomGrains.Grains.Workers;

/// <summary>The one device of a silo: at most one node lives on it at a time.</summary>
public sealed class DeviceSlot : IDisposable
{
    private readonly Lock _gate = new();
    private SiloNode? _node;
    private bool _closed;

    /// <summary>Whether no node lives on the device.</summary>
    public bool IsFree => !_closed && Current is null;

    /// <summary>The node that lived here last and is over; null when none has, or one lives.</summary>
    public int? Over
    {
        get
        {
            lock (_gate)
            {
                return _node is { IsOver: true } node ? node.Id.Value : null;
            }
        }
    }

    internal SiloNode? Current
    {
        get
        {
            lock (_gate)
            {
                return _node is { IsOver: false } ? _node : null;
            }
        }
    }

    /// <summary>No node will live here any more; one that does may go on.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
        }
    }

    /// <summary>The node that lives on the device asks to leave; false when there is none.</summary>
    public bool AskToLeave()
    {
        if (Current is not { } node)
        {
            return false;
        }

        node.Leave();
        return true;
    }

    /// <summary>The silo ends, and with it the node.</summary>
    public void Dispose()
    {
        Close();
        Current?.End();
    }

    internal bool TryTake(SiloNode node)
    {
        lock (_gate)
        {
            if (_closed || _node is { IsOver: false })
            {
                return false;
            }

            _node = node;
            return true;
        }
    }
}
