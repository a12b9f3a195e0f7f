using AtomGrains.Core.Data;
using AtomGrains.Node.Storage;

namespace AtomGrains.Node.Shards;

/// <summary>
/// Shards that are leased to this node, in memory up to a number of bytes. A shard is loaded whole by the first sample
/// that is wanted of it, if there is room; what finds none is read a window at a time. Nothing that is leased gives way to
/// something else that is: in an epoch every sample is as likely to be next as any other, so a cache that drops the least
/// recently used would load a shard for each sample and use it once.
/// </summary>
/// <param name="file">This cache's alone.</param>
public sealed class ShardCache(TokenFileSource file, ShardLayout layout, long mostBytes)
{
    private long _mostBytes = mostBytes;
    private readonly Dictionary<int, ushort[]> _shards = [];
    private HashSet<int> _leased = [];

    /// <summary>Of the shards in memory.</summary>
    public long Bytes { get; private set; }

    public int Loaded => _shards.Count;

    /// <summary>What is leased no more goes.</summary>
    public void Hold(IReadOnlyList<int> leased)
    {
        _leased = [.. leased];
        foreach (var shard in _shards.Keys.Where(shard => !_leased.Contains(shard)).ToList())
        {
            Bytes -= SizeOf(shard);
            _shards.Remove(shard);
        }
    }

    /// <summary>Copies a sample ([context + 1]).</summary>
    /// <exception cref="IOException">The file cannot be read any more.</exception>
    public void Read(long sample, Span<ushort> tokens)
    {
        var shard = layout.ShardOf(sample);
        if (!_shards.TryGetValue(shard, out var loaded) && _leased.Contains(shard) && Bytes + SizeOf(shard) <= _mostBytes)
        {
            loaded = Load(shard);
        }

        if (loaded is null)
        {
            file.Read(sample, tokens);
            return;
        }

        loaded.AsSpan((int)(sample - layout.FirstSample(shard)) * (tokens.Length - 1), tokens.Length).CopyTo(tokens);
    }

    private ushort[]? Load(int shard)
    {
        try
        {
            var loaded = new ushort[SizeOf(shard) / sizeof(ushort)];
            file.Read(layout.FirstSample(shard), loaded);
            _shards.Add(shard, loaded);
            Bytes += SizeOf(shard);
            return loaded;
        }
        catch (OutOfMemoryException)
        {
            // The machine has less than was allowed: what is there is all that there will be.
            _mostBytes = Bytes;
            return null;
        }
    }

    // Windows overlap by one token.
    private long SizeOf(int shard) => ((layout.Samples(shard) * (layout.TokensPerSample - 1)) + 1) * sizeof(ushort);
}
