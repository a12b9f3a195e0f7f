using AtomGrains.Core.Options;

namespace AtomGrains.Node.Workers;

/// <summary>
/// Strikes this process with the faults that were ordered for its worker, at their exact places, each once. The
/// supervisor is told before: the message is in the kernel's hands when the signal comes.
/// </summary>
internal sealed class FaultTrigger(IReadOnlyList<NumberedFault> orders, Action<FaultStrikesAt> announce, IFaultActions actions)
{
    private readonly List<NumberedFault> _orders = [.. orders];
    private long _step = -1;
    private int _computed;
    private bool _pushed;

    /// <summary>The parameters of a step are there.</summary>
    public void StepBegins(long step)
    {
        _step = step;
        _computed = 0;
        _pushed = false;
        Reached(step, null);
    }

    /// <summary>A lane of the step at hand is computed; <paramref name="isLast"/> when none is left.</summary>
    public void LaneComputed(long step, bool isLast)
    {
        if (step == _step && _computed++ == 0)
        {
            Reached(step, ProtocolPoint.Compute);
        }

        if (step == _step && isLast && !_pushed)
        {
            // A worker whose partitions are all its own pushes nothing over the wire.
            _pushed = true;
            Reached(step, ProtocolPoint.Push);
        }
    }

    /// <summary>The first slice of a step went out; others have not.</summary>
    public void Pushed(long step)
    {
        if (!_pushed)
        {
            _pushed = true;
            Reached(step, ProtocolPoint.Push);
        }
    }

    /// <summary>Whether a fault at this point has yet to strike.</summary>
    public bool Awaits(ProtocolPoint point) => _orders.Exists(fault => fault.Order.Point == point);

    public void Reached(long step, ProtocolPoint? point)
    {
        foreach (var fault in _orders.Where(fault => fault.Order.Point == point && step >= fault.Order.Step).ToList())
        {
            _orders.Remove(fault);
            announce(new FaultStrikesAt(fault.Number, DateTimeOffset.UtcNow));
            actions.Strike(fault.Order.Kind);
        }
    }
}

/// <summary>Which ordered fault strikes, and when.</summary>
internal readonly record struct FaultStrikesAt(int Number, DateTimeOffset At);
