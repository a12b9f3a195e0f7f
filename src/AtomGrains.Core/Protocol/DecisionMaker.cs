using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Runs;

namespace AtomGrains.Core.Protocol;

/// <summary>Combines what all partitions have sealed into the step's decision. Pure.</summary>
public static class DecisionMaker
{
    /// <param name="last">The decision before, or null at the start of a lineage.</param>
    /// <param name="origin">What the lineage began from; null for the seed.</param>
    public static Decision Decide(
        RunSpec spec, PartitionLayout layout, Lineage lineage, long step, Decision? last, IReadOnlyCollection<PartitionSeal> seals, LineageOrigin? origin = null)
    {
        var norm = Canonical(Math.Sqrt(layout.SumOfSquares(seals.SelectMany(seal => seal.SumsOfSquares))));
        // Every partition but the first seals a loss of zero.
        var loss = Canonical(seals.OrderBy(seal => seal.Partition).First().Loss);
        var count = last?.OptimizerCount ?? origin?.OptimizerCount ?? 0;
        var skips = last?.SkipsInRow ?? origin?.SkipsInRow ?? 0;
        var previous = last?.Digest ?? DecisionDigest.Genesis(lineage);
        if (!double.IsFinite(norm) || !double.IsFinite(loss))
        {
            return new Decision(lineage, step, DecisionKind.Skip, default, loss, norm, count, skips + 1, previous);
        }

        var optimizer = spec.Optimizer;
        var scale = optimizer.Clip > 0 && norm > optimizer.Clip ? optimizer.Clip / (norm + 1e-6) : 1;
        var scalars = new UpdateScalars(
            (float)LearningRateSchedule.At(step, optimizer),
            (float)scale,
            (float)(1 / (1 - LearningRateSchedule.Power(optimizer.Beta1, count + 1))),
            (float)(1 / (1 - LearningRateSchedule.Power(optimizer.Beta2, count + 1))));
        return new Decision(lineage, step, DecisionKind.Commit, scalars, loss, norm, count + 1, 0, previous);
    }

    // Of the many NaNs, one: the digest is of bits, and no text format keeps a NaN's payload.
    private static double Canonical(double value) => double.IsNaN(value) ? double.NaN : value;
}
