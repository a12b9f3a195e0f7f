using AtomGrains.Core.Protocol.Partitions;

namespace AtomGrains.Node.Workers;

/// <summary>What a node may take of its machine and its network, besides what its lanes and partitions need. Changes no bit.</summary>
public sealed record NodeLimits
{
    /// <summary>Bytes a second at which copies of partitions come to a node that is being filled.</summary>
    public long RefillBytesPerSecond { get; init; } = FillBudget.UsualBytesPerSecond;

    /// <summary>Bytes of the dataset that a node keeps in memory. As large as a small dataset, small against a model's buffers.</summary>
    public long ShardCacheBytes { get; init; } = 256_000_000;
}
