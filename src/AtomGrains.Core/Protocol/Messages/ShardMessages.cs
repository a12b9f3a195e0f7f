using AtomGrains.Core.Membership;

namespace AtomGrains.Core.Protocol.Messages;

/// <summary>A reader of samples to the holder of their shard, or back; on no partition's behalf.</summary>
public abstract record ShardMessage(Generation Generation) : TensorMessage(default, Generation);

/// <summary>Reader to holder: send these samples, all of shards that this view leases to you.</summary>
public sealed record SamplesWanted(Generation Generation, IReadOnlyList<long> Samples) : ShardMessage(Generation);

/// <summary>Holder to reader: the tokens of these samples, one after the other ([samples × tokens a sample]).</summary>
public sealed record SamplesSent(Generation Generation, IReadOnlyList<long> Samples, ReadOnlyMemory<ushort> Tokens) : ShardMessage(Generation);
