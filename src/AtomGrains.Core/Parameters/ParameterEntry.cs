namespace AtomGrains.Core.Parameters;

/// <summary>One parameter in the flat vector: row-major float32 from <paramref name="ElementOffset"/> on.</summary>
/// <param name="Decay">Whether weight decay applies (matrices: yes; biases and norms: no).</param>
public sealed record ParameterEntry(string Name, IReadOnlyList<int> Shape, int ElementOffset, bool Decay)
{
    public int Elements { get; } = Shape.Aggregate(1, (product, size) => checked(product * size));

    public bool Equals(ParameterEntry? other) =>
        other is not null && Name == other.Name && ElementOffset == other.ElementOffset && Decay == other.Decay && Shape.SequenceEqual(other.Shape);

    public override int GetHashCode() => HashCode.Combine(Name, ElementOffset, Decay, Elements);
}
