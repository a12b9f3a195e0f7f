using AtomGrains.Core.Data;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Runs;

namespace AtomGrains.Simulator;

/// <summary>Whoever reads a shard, for itself or for others, holds its lease under the view that it does so by; and that leases every shard.</summary>
internal sealed class LeaseChecker(RunSpec spec, InvariantChecker checker)
{
    private readonly ShardLayout _layout = new(spec);

    public void Reads(NodeId node, ReadSamples read)
    {
        var view = checker.ViewOf(read.Generation);
        InvariantChecker.Require(view is not null && view.Shards.Length == _layout.Count, $"{read.Generation} leases {view?.Shards.Length} shards of {_layout.Count}");
        foreach (var shard in read.Samples.Select(_layout.ShardOf).Distinct())
        {
            InvariantChecker.Require(view!.Shards[shard] == node, $"shard {shard} is read by {node}, and under {read.Generation} {view.Shards[shard]} holds it");
        }
    }
}
