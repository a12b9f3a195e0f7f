namespace AtomGrains.Core.Membership;

/// <summary>
/// One incarnation of a node process. A replacement process takes a new id, so an id that was fenced
/// can never become valid again.
/// </summary>
public readonly record struct NodeId(int Value) : IComparable<NodeId>
{
    public int CompareTo(NodeId other) => Value.CompareTo(other.Value);

    public override string ToString() => $"n{Value}";
}
