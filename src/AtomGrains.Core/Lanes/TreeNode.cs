namespace AtomGrains.Core.Lanes;

/// <summary>
/// A node of the lane tree: level 0 is a lane, a node of level k covers 2^k adjacent lanes. Two nodes are
/// either disjoint or nested.
/// </summary>
public readonly record struct TreeNode(int Level, int Index) : IComparable<TreeNode>
{
    public static TreeNode Leaf(int lane) => new(0, lane);

    public int FirstLane => Index << Level;

    public int LaneCount => 1 << Level;

    public int EndLane => FirstLane + LaneCount;

    public TreeNode Parent => new(Level + 1, Index >> 1);

    public TreeNode Sibling => new(Level, Index ^ 1);

    public TreeNode Left => new(Level - 1, Index * 2);

    public TreeNode Right => new(Level - 1, (Index * 2) + 1);

    public bool IsLeft => (Index & 1) == 0;

    /// <summary>True for the node itself and for all nodes below it.</summary>
    public bool Covers(TreeNode other) => other.Level <= Level && other.Index >> (Level - other.Level) == Index;

    public bool CoversLane(int lane) => lane >> Level == Index;

    public int CompareTo(TreeNode other) =>
        FirstLane != other.FirstLane ? FirstLane.CompareTo(other.FirstLane) : Level.CompareTo(other.Level);

    public override string ToString() => Level == 0 ? $"lane {Index}" : $"lanes {FirstLane}..{EndLane - 1}";
}
