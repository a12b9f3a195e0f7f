using AtomGrains.Core.Membership;

namespace AtomGrains.Core.Lanes;

/// <summary>The sum of the gradients ([elements] float32) and losses of all lanes below one node, added in tree order.</summary>
/// <param name="By">Who computed it, where one alone speaks for it; null for a leaf whose bits several agree on.</param>
public sealed record LanePartial(TreeNode Node, float[] Sum, double Loss, NodeId? By = null);
