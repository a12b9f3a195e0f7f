using AtomGrains.Core.Lanes;

namespace AtomGrains.Core.Tests.Lanes;

/// <summary>Lane gradients whose float32 sum depends on the order of addition, and the sum in tree order.</summary>
internal static class LaneGradients
{
    public const int Elements = 5;

    public static float[] Of(int lane) =>
        [.. Enumerable.Range(0, Elements).Select(i => (float)(Math.Sin((lane * 7) + i + 1) * Math.Pow(10, (lane * 3 + i) % 8)))];

    public static double LossOf(int lane) => Math.Sqrt(lane + 2) * Math.Pow(10, lane % 5);

    public static (float[] Sum, double Loss) Below(TreeNode node)
    {
        if (node.Level == 0)
        {
            return (Of(node.Index), LossOf(node.Index));
        }

        var (left, right) = (Below(node.Left), Below(node.Right));
        return ([.. left.Sum.Zip(right.Sum, (a, b) => a + b)], left.Loss + right.Loss);
    }

    public static (float[] Mean, double Loss) Mean(int lanes)
    {
        var (sum, loss) = Below(LaneTree.Root(lanes));
        return ([.. sum.Select(value => value * (1f / lanes))], loss / lanes);
    }
}
