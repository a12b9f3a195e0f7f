using AtomGrains.Core.Membership;

namespace AtomGrains.Core.Protocol.Effects;

/// <summary>These shards are leased to this node: what of them is in memory stays, anything else goes.</summary>
public sealed record HoldShards(IReadOnlyList<int> Shards) : Effect;

/// <summary>Read these samples of shards that are leased to this node, from memory as far as that goes, and report.</summary>
/// <param name="To">Who wants them.</param>
/// <param name="Generation">Under which the shards are leased.</param>
public sealed record ReadSamples(NodeId To, Generation Generation, IReadOnlyList<long> Samples) : Effect;

/// <summary>What the step loop is going to read: of samples that were delivered before, these alone are kept.</summary>
public sealed record KeepSamples(IReadOnlySet<long> Samples) : Effect;

/// <summary>Hand these samples to the step loop ([samples × tokens a sample]).</summary>
public sealed record DeliverSamples(IReadOnlyList<long> Samples, ReadOnlyMemory<ushort> Tokens) : Effect;
