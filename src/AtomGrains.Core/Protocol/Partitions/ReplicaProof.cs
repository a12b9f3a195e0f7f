using AtomGrains.Core.Parameters;

namespace AtomGrains.Core.Protocol.Partitions;

/// <summary>
/// The hashes of one primary's blocks at the version it holds. They are made a few blocks at a time while the workers
/// compute, so that no message waits for them, and are whole when the step is sealed.
/// </summary>
/// <param name="blocks">Of the whole model.</param>
internal sealed class ReplicaProof(PartitionRange range, int blocks, ProtocolRules rules)
{
    private readonly Sha256[] _leaves = new Sha256[range.Blocks];
    private StepKey? _key;
    private int _hashed;
    private PartitionProof? _proof;

    /// <summary>Hashes at most so many blocks more; returns how many it did.</summary>
    public int Advance(ReplicaState state, int most)
    {
        if (_key is not { } key || !rules.IsProofOf(key, state.Key))
        {
            (_key, _hashed, _proof) = (state.Key, 0, null);
        }

        var count = Math.Min(most, range.Blocks - _hashed);
        for (var i = 0; i < count; i++, _hashed++)
        {
            _leaves[_hashed] = Sha256.OfBlock(state.Values.AsSpan()[range.Block(_hashed)]);
        }

        return count;
    }

    /// <summary>Of the version that the replica holds; what is missing is hashed now.</summary>
    public PartitionProof Of(ReplicaState state)
    {
        Advance(state, range.Blocks);
        return _proof ??= PartitionProof.Of(range, _leaves, blocks);
    }
}
