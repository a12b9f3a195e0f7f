using System.Runtime.InteropServices;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;

namespace AtomGrains.Core.Protocol.Audits;

/// <summary>
/// The leaves of one audited lane that a partition has got, gathered by their bits: those who computed the same stand
/// together, and one copy of it is kept.
/// </summary>
internal sealed class LaneVotes(FloatPool pool, ProtocolRules rules)
{
    private readonly List<Variant> _variants = [];

    /// <summary>Everybody whose leaf is here.</summary>
    public IEnumerable<Member> Voters => _variants.SelectMany(variant => variant.By);

    public bool IsDisputed => _variants.Count > 1;

    /// <summary>False for a leaf that adds nothing: of a node, or of a device, whose bits are here.</summary>
    /// <param name="voter">Who computed it, and on the device of which worker.</param>
    public bool TryAdd(Member voter, ReadOnlySpan<float> slice, double loss)
    {
        foreach (var variant in _variants)
        {
            if (IsSame(variant, slice, loss))
            {
                return TryJoin(variant, voter, slice);
            }
        }

        if (Voters.Any(other => other.Node == voter.Node))
        {
            // Its first word stands: whoever computes a lane twice with other bits is found by what others computed.
            return false;
        }

        var copy = pool.Rent(slice.Length);
        slice.CopyTo(copy);
        _variants.Add(new Variant(copy, loss, [voter]));
        return true;
    }

    /// <summary>The bits that so many agree on, or null.</summary>
    public (float[] Slice, double Loss, IReadOnlyList<NodeId> By)? Agreed(int needed) =>
        _variants.Find(variant => rules.MayTake(variant.By.Count, needed)) is { } variant ? (variant.Slice, variant.Loss, [.. variant.By.Select(voter => voter.Node)]) : null;

    /// <summary>What everybody said, those who are wrong marked as such.</summary>
    /// <param name="agreed">Those who agree; empty where nobody does.</param>
    public IReadOnlyList<LeafVote> Evidence(IReadOnlyList<NodeId> agreed) =>
    [
        .. _variants.SelectMany(variant => variant.By.Select(voter => new LeafVote(voter.Node, voter.Slot, variant.Digest, agreed.Count > 0 && !agreed.Contains(voter.Node))))
            .OrderBy(vote => vote.Node),
    ];

    /// <summary>Forgets what some have said; false when nothing is left.</summary>
    public bool Forget(Predicate<NodeId> who)
    {
        foreach (var variant in _variants.ToList())
        {
            variant.By.RemoveAll(voter => who(voter.Node));
            if (variant.By.Count == 0)
            {
                pool.Return(variant.Slice);
                _variants.Remove(variant);
            }
        }

        return _variants.Count > 0;
    }

    public void Clear() => Forget(_ => true);

    private bool TryJoin(Variant variant, Member voter, ReadOnlySpan<float> slice)
    {
        if (!rules.IsSecondOpinion(voter.Slot, variant.By.Select(other => other.Slot)))
        {
            return false;
        }

        variant.By.Add(voter);
        if (rules.AddsTheAuditorsLeaf)
        {
            VectorMath.Add(variant.Slice, slice);
        }

        return true;
    }

    // Bits, not values: a zero has two signs, and what is not a number equals nothing.
    private static bool IsSame(Variant variant, ReadOnlySpan<float> slice, double loss) =>
        BitConverter.DoubleToInt64Bits(variant.Loss) == BitConverter.DoubleToInt64Bits(loss)
        && MemoryMarshal.AsBytes(variant.Slice.AsSpan()).SequenceEqual(MemoryMarshal.AsBytes(slice));

    private sealed record Variant(float[] Slice, double Loss, List<Member> By)
    {
        public SliceDigest Digest => new(Bits.Mix(SliceDigest.Of(Slice).Value, BitConverter.DoubleToUInt64Bits(Loss)));
    }
}
