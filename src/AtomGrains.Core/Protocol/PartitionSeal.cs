using AtomGrains.Core.Lanes;
using AtomGrains.Core.Parameters;

namespace AtomGrains.Core.Protocol;

/// <summary>
/// What a primary reports once every replica of its view holds the reduced slice. At the version after the last step there
/// is nothing to reduce: the seal of that version has no sums and is there for its proof.
/// </summary>
/// <param name="SumsOfSquares">Of the reduced slice, by maximal aligned subtrees of the global blocks; not finite where an element is not.</param>
/// <param name="Loss">Mean lane loss; zero but from partition 0, with which the losses travel.</param>
/// <param name="Proof">Of the parameters that the step was computed on; null where none is wanted.</param>
public sealed record PartitionSeal(
    PartitionId Partition,
    long Step,
    DecisionDigest Previous,
    IReadOnlyList<SubtreeSum> SumsOfSquares,
    double Loss,
    PartitionProof? Proof = null);
