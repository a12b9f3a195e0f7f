using AtomGrains.Core.Membership;

namespace AtomGrains.Core.Protocol.Coordination;

/// <summary>What the coordinator knows of one node.</summary>
internal sealed class NodeRecord(Member member, FailureDetector detector)
{
    public Member Member { get; } = member;

    public FailureDetector Detector { get; } = detector;

    public NodeStanding Standing { get; set; } = NodeStanding.Alive;

    /// <summary>It was asked to end and wants to hand over first.</summary>
    public bool Leaving { get; set; }
}
