using AtomGrains.Core.Lanes;

namespace AtomGrains.Core.Parameters;

/// <summary>The sum of squares of all blocks below one node of the block tree.</summary>
public readonly record struct SubtreeSum(TreeNode Node, double Value);
