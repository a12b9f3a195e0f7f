using AtomGrains.Core.Options;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Workers;

namespace AtomGrains.Local;

/// <summary>The faults that were ordered, each to strike once: which have, and which are still to come to whom.</summary>
internal sealed class OrderedFaults(FaultPlan plan)
{
    private readonly HashSet<int> _struck = [];

    private IEnumerable<NumberedFault> Waiting =>
        plan.Orders.Select((order, number) => new NumberedFault(number, order)).Where(fault => !_struck.Contains(fault.Number));

    /// <summary>Those that have not struck.</summary>
    public IReadOnlyList<FaultOrder> NotStruck => [.. Waiting.Select(fault => fault.Order)];

    /// <summary>What a process that starts now as a worker has to suffer.</summary>
    /// <param name="step">The run's; who was there before a join was ordered is not who joins.</param>
    public IReadOnlyList<NumberedFault> For(int slot, long step) =>
        [.. Waiting.Where(fault => fault.Order.Worker == slot && (fault.Order.Point != ProtocolPoint.Join || step >= fault.Order.Step))];

    /// <summary>A process said that an order strikes it.</summary>
    public OrderedStrike Strikes(int number, DateTimeOffset at)
    {
        _struck.Add(number);
        return new OrderedStrike(plan.Orders[number], at);
    }

    /// <summary>The changes of size that are due at the beginning of a step; each is returned once.</summary>
    public IReadOnlyList<FaultOrder> ScalesAt(long step)
    {
        var due = Waiting.Where(fault => fault.Order.Kind == FaultKind.Scale && fault.Order.Step <= step).ToList();
        due.ForEach(fault => _struck.Add(fault.Number));
        return [.. due.Select(fault => fault.Order)];
    }
}
