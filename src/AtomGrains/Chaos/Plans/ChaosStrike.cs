using AtomGrains.Core.Options;

namespace AtomGrains.Chaos.Plans;

/// <summary>One thing that is to happen to a run.</summary>
/// <param name="Step">The first step at which it may.</param>
internal sealed record ChaosStrike(ChaosKind Kind, long Step)
{
    /// <summary>Which worker; null where it is none.</summary>
    public int? Worker { get; init; }

    /// <summary>Ordered by <c>--fault</c>, which is exact to the point of the protocol; else done from outside, at some moment in the step.</summary>
    public bool IsOrdered { get; init; }

    /// <summary>Where in the step, of an ordered one; null is at its beginning.</summary>
    public ProtocolPoint? Point { get; init; }

    /// <summary>The new number of workers of a scale; of what ends all processes, that of the resume.</summary>
    public int? Workers { get; init; }

    /// <summary>Partitions of a resume.</summary>
    public int? Partitions { get; init; }

    /// <summary>How long a store is away or a disk full.</summary>
    public long Steps { get; init; }

    /// <summary>Which of the ways to do it, where there are several.</summary>
    public int Variant { get; init; }

    /// <summary>One of a pair of <see cref="ChaosKind.Two"/>.</summary>
    public bool IsOfTwo { get; init; }

    /// <summary>The order for <c>--fault</c>; null for what is done from outside.</summary>
    public FaultOrder? Order => IsOrdered ? new FaultOrder(ChaosKinds.OrderOf(Kind)!.Value, Worker, Step, Point, Workers) : null;

    public override string ToString()
    {
        var who = Worker is { } worker ? $" worker {worker}" : "";
        var to = Kind == ChaosKind.Scale ? $" to {Workers}" : "";
        var where = Point is { } point ? $"/{point.ToString().ToLowerInvariant()}" : "";
        var until = Steps > 0 ? $" until {Step + Steps}" : "";
        var way = Variant > 0 ? $" (way {Variant})" : "";
        var then = Kind != ChaosKind.Scale && Workers is { } workers ? $", resumed with {workers} workers and {Partitions} partitions" : "";
        return FormattableString.Invariant($"{ChaosKinds.NameOf(Kind)}{who}{to}{way} at step {Step}{where}{until}{(IsOrdered ? "" : " from outside")}{then}");
    }
}
