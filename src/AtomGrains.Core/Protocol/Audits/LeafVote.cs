using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;

namespace AtomGrains.Core.Protocol.Audits;

/// <summary>What one worker computed of an audited lane, as evidence.</summary>
/// <param name="Slot">The worker's number, by which its host knows the device: the node may be in no view any more.</param>
/// <param name="Digest">Of its slice, and of its loss where that travels along.</param>
/// <param name="IsWrong">Others agree on other bits.</param>
public sealed record LeafVote(NodeId Node, int Slot, SliceDigest Digest, bool IsWrong);
