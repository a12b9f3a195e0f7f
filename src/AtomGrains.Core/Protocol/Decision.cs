using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;

namespace AtomGrains.Core.Protocol;

/// <summary>
/// What becomes of a step: a pure function of the run spec and of what the replicas have sealed, so whoever decides
/// comes to the same bits. It is kept by each replica and sent again verbatim after a fault.
/// </summary>
/// <param name="Loss">Mean loss over the step's lanes.</param>
/// <param name="GradientNorm">Global norm before clipping.</param>
/// <param name="OptimizerCount">Updates applied, this one included.</param>
/// <param name="SkipsInRow">Steps skipped without a commit between, this one included.</param>
/// <param name="Snapshot">
/// Whoever applies it as primary puts its slice of the next step into the store. When that is done is no part of the
/// history, so it is not in the digest.
/// </param>
public sealed record Decision(
    Lineage Lineage,
    long Step,
    DecisionKind Kind,
    UpdateScalars Scalars,
    double Loss,
    double GradientNorm,
    long OptimizerCount,
    int SkipsInRow,
    DecisionDigest Previous,
    bool Snapshot = false)
{
    public DecisionDigest Digest => new(Bits.Mix(
        (ulong)Lineage.Began.Value,
        (ulong)Step,
        (ulong)Kind,
        BitConverter.SingleToUInt32Bits(Scalars.LearningRate),
        BitConverter.SingleToUInt32Bits(Scalars.ClipScale),
        BitConverter.SingleToUInt32Bits(Scalars.FirstCorrection),
        BitConverter.SingleToUInt32Bits(Scalars.SecondCorrection),
        Word(Loss),
        Word(GradientNorm),
        (ulong)OptimizerCount,
        (ulong)SkipsInRow,
        Previous.Value));

    // There are many NaNs and a message's text has one, so sender and receiver agree on one here.
    private static ulong Word(double value) => BitConverter.DoubleToUInt64Bits(double.IsNaN(value) ? double.NaN : value);
}
