using AtomGrains.Core.Membership;

namespace AtomGrains.Core.Protocol.Coordination;

/// <summary>What the coordinator knows of one node.</summary>
internal sealed class NodeRecord(Member member, FailureDetector detector)
{
    public Member Member { get; } = member;

    public FailureDetector Detector { get; } = detector;

    public NodeStanding Standing { get; set; } = NodeStanding.Alive;

    /// <summary>It was asked to end and wants to hand over first.</summary>
    public bool Leaving { get; private set; }

    /// <summary>When it said so first; null while it stays, and of one that is retired.</summary>
    public TimeSpan? LeavingSince { get; private set; }

    /// <summary>
    /// The run goes on without it, and it alone has the copy of some partition: it leaves, gets neither lanes nor
    /// replicas any more, and keeps only what lives nowhere else.
    /// </summary>
    public bool IsRetired { get; private set; }

    /// <summary>May own lanes.</summary>
    public bool CanWork => Standing == NodeStanding.Alive && !IsRetired;

    public void Leave(TimeSpan now)
    {
        Leaving = true;
        LeavingSince ??= now;
    }

    public void Retire() => (IsRetired, Leaving) = (true, true);
}
