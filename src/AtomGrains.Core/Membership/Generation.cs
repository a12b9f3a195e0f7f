namespace AtomGrains.Core.Membership;

/// <summary>The fencing number of a view. It only grows, and no two views share one (PROTOCOL R1).</summary>
public readonly record struct Generation(long Value) : IComparable<Generation>
{
    public static readonly Generation None = new(0);

    public Generation Next => new(Value + 1);

    public int CompareTo(Generation other) => Value.CompareTo(other.Value);

    public static bool operator <(Generation left, Generation right) => left.Value < right.Value;

    public static bool operator >(Generation left, Generation right) => left.Value > right.Value;

    public static bool operator <=(Generation left, Generation right) => left.Value <= right.Value;

    public static bool operator >=(Generation left, Generation right) => left.Value >= right.Value;

    public override string ToString() => $"g{Value}";
}
