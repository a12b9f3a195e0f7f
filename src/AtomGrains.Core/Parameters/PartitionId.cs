namespace AtomGrains.Core.Parameters;

/// <summary>Index of a partition, from 0.</summary>
public readonly record struct PartitionId(int Value) : IComparable<PartitionId>
{
    public int CompareTo(PartitionId other) => Value.CompareTo(other.Value);

    public override string ToString() => $"p{Value}";
}
