namespace AtomGrains.Core.Protocol;

/// <summary>Running counts of one node; nothing that is refused or dropped goes uncounted (I11).</summary>
public sealed class NodeTally
{
    private readonly long[] _refusals = new long[Enum.GetValues<Refusal>().Length];

    public long DuplicatePushes { get; set; }

    public long ReplicaMismatches { get; set; }

    public long LanesRecomputed { get; set; }

    public long LanesComputed { get; set; }

    public long LanesTaken { get; set; }

    public void Count(Refusal reason) => _refusals[(int)reason]++;

    public NodeCounters Snapshot() => new(
        DuplicatePushes,
        _refusals[(int)Refusal.Stale],
        _refusals[(int)Refusal.Early] + _refusals[(int)Refusal.Behind],
        _refusals[(int)Refusal.Decided],
        _refusals[(int)Refusal.OtherHistory] + _refusals[(int)Refusal.NotPrimary] + _refusals[(int)Refusal.NotHolder],
        ReplicaMismatches,
        LanesRecomputed,
        LanesComputed,
        LanesTaken,
        NotTrustedRejected: _refusals[(int)Refusal.NotTrusted]);
}
