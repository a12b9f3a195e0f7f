using AtomGrains.Grains.Wire;

namespace AtomGrains.Grains;

/// <summary>
/// One contiguous range of a run's samples; its key is <see cref="RunKeys.Shard"/>. It keeps the range's bytes in memory
/// on its silo and reads them for whoever has no copy of the data.
/// </summary>
public interface IShardGrain : IGrainWithStringKey
{
    /// <summary>The range of this shard.</summary>
    Task<ShardRange> Range();

    /// <summary>Tokens of one sample of the range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The sample is another shard's.</exception>
    Task<long[]> Read(long sample);
}
