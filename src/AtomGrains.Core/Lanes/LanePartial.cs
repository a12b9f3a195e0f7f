namespace AtomGrains.Core.Lanes;

/// <summary>The sum of the gradients ([elements] float32) and losses of all lanes below one node, added in tree order.</summary>
public sealed record LanePartial(TreeNode Node, float[] Sum, double Loss);
