using AtomGrains.Core.Membership;
using AtomGrains.Core.Options;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Workers;

namespace AtomGrains.Local;

/// <summary>
/// The faults that were ordered, each to strike once, whatever becomes of the supervisor: which have is on the disk, and
/// a successor with the same plan goes on from there.
/// </summary>
/// <param name="folder">The run folder.</param>
internal sealed class OrderedFaults(FaultPlan plan, string folder)
{
    private readonly StruckFaults _register = new(folder, plan);
    private readonly HashSet<int> _struck = [];

    private IEnumerable<NumberedFault> Waiting =>
        plan.Orders.Select((order, number) => new NumberedFault(number, order)).Where(fault => !_struck.Contains(fault.Number));

    /// <summary>Those that have not struck.</summary>
    public IReadOnlyList<FaultOrder> NotStruck => [.. Waiting.Select(fault => fault.Order)];

    /// <summary>Where the processes of the run note what strikes them.</summary>
    public string Register => StruckFaults.RegisterOf(plan);

    /// <summary>Reads what has struck under predecessors; the newest number of workers among it, or null.</summary>
    public int? Recall()
    {
        _struck.UnionWith(_register.Orders);
        return _struck.Order().Select(number => plan.Orders[number].Workers).LastOrDefault(workers => workers is not null);
    }

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

    /// <summary>The order that struck a node or a supervisor, under whatever supervisor; null when none did.</summary>
    public OrderedStrike? StrikeOf(NodeId node) => Strike(_register.Of(node));

    public OrderedStrike? StrikeOf(int supervisor) => Strike(_register.Of(Name(supervisor)));

    /// <summary>Whether an order strikes this supervisor here; the fact is on the disk then.</summary>
    public bool StrikesSupervisor(int supervisor, long step, ProtocolPoint? point)
    {
        var due = Waiting.FirstOrDefault(fault => fault.Order.Kind == FaultKind.KillSupervisor && fault.Order.Point == point && step >= fault.Order.Step);
        return due is not null && _register.TryStrike(due.Number, Name(supervisor), DateTimeOffset.UtcNow);
    }

    /// <summary>The changes of size that are due at the beginning of a step; each is returned once.</summary>
    public IReadOnlyList<FaultOrder> ScalesAt(long step)
    {
        var due = Waiting.Where(fault => fault.Order.Kind == FaultKind.Scale && fault.Order.Step <= step).ToList();
        foreach (var fault in due)
        {
            _struck.Add(fault.Number);
            _register.TryStrike(fault.Number, "scale", DateTimeOffset.UtcNow);
        }

        return [.. due.Select(fault => fault.Order)];
    }

    private OrderedStrike? Strike((int Order, DateTimeOffset At)? struck) =>
        struck is { } found ? new OrderedStrike(plan.Orders[found.Order], found.At) : null;

    private static string Name(int supervisor) => $"supervisor-{supervisor}";
}
