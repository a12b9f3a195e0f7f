using AtomGrains.Core.Runs;

namespace AtomGrains.Core.Data;

/// <summary>
/// How a dataset is cut into shards: contiguous ranges of training samples that differ by one at the most. A function of
/// the run spec alone, so every node of a run comes to the same.
/// </summary>
public sealed class ShardLayout
{
    // Read in milliseconds, and small against what a node has for its cache.
    private const long MostTokens = 2 << 20;

    // A view names the holder of each, and is written at every change.
    private const int MostShards = 4096;

    // What waits in front of a step's messages on one connection.
    private const int MostTokensAtOnce = 1 << 18;

    // A question names each sample in its header, with 8 bytes, and so does the answer: half of the 64 KiB of one.
    private const int MostNamesAtOnce = 4096;

    private readonly long _samples;

    public ShardLayout(RunSpec spec)
    {
        _samples = spec.Data.TrainSamples;
        TokensPerSample = spec.Model.Context + 1;
        var wanted = Math.Max(spec.Lanes, ((_samples * spec.Model.Context) + MostTokens - 1) / MostTokens);
        Count = (int)Math.Min(Math.Min(wanted, MostShards), _samples);
    }

    /// <summary>At least as many as lanes, where there are so many samples, so that each worker holds some.</summary>
    public int Count { get; }

    /// <summary>A window and the token after it.</summary>
    public int TokensPerSample { get; }

    /// <summary>What one question names at the most, and its answer brings.</summary>
    public int MostSamplesAtOnce => Math.Clamp(MostTokensAtOnce / TokensPerSample, 1, MostNamesAtOnce);

    public bool Has(long sample) => sample >= 0 && sample < _samples;

    public long FirstSample(int shard) => (long)((Int128)_samples * shard / Count);

    public long Samples(int shard) => FirstSample(shard + 1) - FirstSample(shard);

    /// <param name="sample">One that <see cref="Has"/> knows.</param>
    public int ShardOf(long sample)
    {
        // The quotient is the shard, or the one before it where rounding down has moved the bound.
        var shard = (int)((Int128)sample * Count / _samples);
        return sample >= FirstSample(shard + 1) ? shard + 1 : shard;
    }
}
