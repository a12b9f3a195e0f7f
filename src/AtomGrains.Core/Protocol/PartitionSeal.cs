using AtomGrains.Core.Lanes;
using AtomGrains.Core.Parameters;

namespace AtomGrains.Core.Protocol;

/// <summary>What a primary reports once every replica of its view holds the reduced slice.</summary>
/// <param name="SumsOfSquares">Of the reduced slice, by maximal aligned subtrees of the global blocks; not finite where an element is not.</param>
/// <param name="Loss">Mean lane loss; zero but from partition 0, with which the losses travel.</param>
public sealed record PartitionSeal(
    PartitionId Partition,
    long Step,
    DecisionDigest Previous,
    IReadOnlyList<SubtreeSum> SumsOfSquares,
    double Loss);
