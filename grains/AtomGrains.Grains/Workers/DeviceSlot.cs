namespace AtomGrains.Grains.Workers;

/// <summary>One device of a silo: at most one node lives on it at a time.</summary>
public sealed class DeviceSlot
{
    private readonly Lock _gate = new();
    private readonly List<SiloNode> _givenUp = [];
    private SiloNode? _node;
    private bool _closed;
    private bool _usable = true;

    /// <summary>Whether no node lives on the device, and one could.</summary>
    public bool IsFree => !_closed && IsUsable && Current is null && !NeedsCheck;

    /// <summary>Whether the device computes, as far as its silo knows: nobody is offered one that does not.</summary>
    public bool IsUsable
    {
        get => Volatile.Read(ref _usable);
        set => Volatile.Write(ref _usable, value);
    }

    /// <summary>The process that was here last ended with a failure of the device, and nothing has shown since that it computes.</summary>
    public bool NeedsCheck
    {
        get
        {
            lock (_gate)
            {
                return _node is { HasLeftItsDevice: true, DeviceFailed: true };
            }
        }
    }

    /// <summary>A check in a fresh process has passed.</summary>
    public void Trust()
    {
        lock (_gate)
        {
            if (_node is { HasLeftItsDevice: true } node)
            {
                node.DeviceFailed = false;
            }
        }
    }

    /// <summary>A check in a fresh process has failed: the run whose node was here last is told.</summary>
    public void Doubt(string failure)
    {
        lock (_gate)
        {
            if (_node is { HasLeftItsDevice: true } node)
            {
                node.CheckFailed(failure);
            }
        }
    }

    /// <summary>The node of a run that lived here last and is over; null when another run's did, or one lives.</summary>
    public int? OverOf(string run)
    {
        lock (_gate)
        {
            return _node is { HasLeftItsDevice: true } node && node.RunId == run ? node.Id.Value : null;
        }
    }

    internal SiloNode? Current
    {
        get
        {
            lock (_gate)
            {
                return _node is { HasLeftItsDevice: false } ? _node : null;
            }
        }
    }

    /// <summary>Every node that is not over, those that were given up included.</summary>
    internal IReadOnlyList<SiloNode> Nodes
    {
        get
        {
            lock (_gate)
            {
                return [.. _givenUp.Append(_node).OfType<SiloNode>().Where(node => !node.IsOver)];
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

    internal bool TryTake(SiloNode node)
    {
        lock (_gate)
        {
            if (_closed || _node is { HasLeftItsDevice: false })
            {
                return false;
            }

            _givenUp.RemoveAll(former => former.IsOver);
            if (_node is { IsOver: false } former)
            {
                _givenUp.Add(former);
            }

            _node = node;
            return true;
        }
    }
}
