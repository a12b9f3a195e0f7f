using AtomGrains.Grains.Wire;

namespace AtomGrains.Grains;

/// <summary>
/// One contiguous range of a run's samples; its key is <see cref="RunKeys.Shard"/>. It reads them for whoever has no copy
/// of the data, from its silo's, mapped into memory. It lives on any silo of the run, and on another once that one is gone.
/// </summary>
public interface IShardGrain : IGrainWithStringKey
{
    /// <summary>The range of this shard. All shards of a run have each of its samples once.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The run has no such shard.</exception>
    Task<ShardRange> Range();

    /// <summary>Tokens of one sample of the range, [context + 1].</summary>
    /// <exception cref="ArgumentOutOfRangeException">The sample is another shard's.</exception>
    Task<long[]> Read(long sample);
}
