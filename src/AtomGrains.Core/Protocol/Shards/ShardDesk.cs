using AtomGrains.Core.Data;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Core.Runs;

namespace AtomGrains.Core.Protocol.Shards;

/// <summary>
/// A node's part in the dataset, as holder and as reader. A view leases each shard to one node; under its generation that
/// node answers for the shard, and nobody else does. Which samples a lane needs is a function of the spec, so a reader asks
/// for those of the step at hand and of the next one before they are read. A shard is nothing but a copy of a range of the
/// data: with its holder nothing is lost, and what that one has not sent is asked of the next.
/// </summary>
public sealed class ShardDesk(NodeId self, RunSpec spec, ProtocolRules rules, NodeTally counters)
{
    private readonly ShardLayout _layout = new(spec);
    private readonly SamplePlan _plan = new(spec);
    private readonly HashSet<long> _wanted = [];
    private readonly SortedSet<long> _missing = [];
    private View? _view;

    /// <summary>Leases are the view's: this node drops what it holds no more, and asks again who holds what it lacks.</summary>
    public void Adopt(View view, Outbox outbox)
    {
        _view = view;
        outbox.Add(new HoldShards(view.ShardsOf(self)));
        Ask(_missing, outbox);
    }

    /// <summary>The lanes that are about to be computed here: their samples are wanted, and those of this node's lanes of the next step.</summary>
    public void OnLanes(ComputeLanes compute, Outbox outbox)
    {
        var own = _view!.LanesOf(self).ToList();
        var needed = SamplesOf(compute.Key.Step, compute.Lanes.Union(own)).Concat(compute.Key.Step + 1 < spec.Steps ? SamplesOf(compute.Key.Step + 1, own) : []).ToHashSet();
        var fresh = needed.Where(sample => !_wanted.Contains(sample)).ToList();
        if (fresh.Count == 0 && needed.Count == _wanted.Count)
        {
            return;
        }

        _wanted.Clear();
        _wanted.UnionWith(needed);
        _missing.IntersectWith(needed);
        _missing.UnionWith(fresh);
        outbox.Add(new KeepSamples(needed));
        Ask(fresh, outbox);
    }

    /// <summary>What is of an older view is refused, and asked for again by who has adopted this one.</summary>
    public void Handle(NodeId from, ShardMessage message, Outbox outbox)
    {
        if (RefusalOf(message) is { } reason)
        {
            counters.Count(reason);
            outbox.Send(from, new Refused(default, Generation, reason, -1));
        }
        else if (message is SamplesSent sent)
        {
            Take(sent.Samples, sent.Tokens, outbox);
        }
        else if (message is SamplesWanted wanted)
        {
            outbox.Add(new ReadSamples(from, Generation, wanted.Samples));
        }
    }

    /// <summary>What was to be read is here. Whoever wanted it under an older view asks the holder of its own.</summary>
    /// <param name="tokens">[samples × tokens a sample], the machine's from now on.</param>
    public void OnRead(ReadSamples read, ReadOnlyMemory<ushort> tokens, Outbox outbox)
    {
        if (read.To == self)
        {
            Take(read.Samples, tokens, outbox);
        }
        else if (read.Generation == Generation)
        {
            outbox.Send(read.To, new SamplesSent(Generation, read.Samples, tokens));
        }
    }

    /// <summary>Time has passed: what may be lost is asked for again.</summary>
    public void OnTick(Outbox outbox) => Ask(_missing, outbox);

    private Generation Generation => _view?.Generation ?? Generation.None;

    private IEnumerable<long> SamplesOf(long step, IEnumerable<int> lanes) => lanes.SelectMany(lane => _plan.SamplesOf(step, lane));

    private Refusal? RefusalOf(ShardMessage message) =>
        !rules.IsCurrent(message.Generation, Generation) ? Refusal.Stale
        : message is SamplesWanted wanted && !wanted.Samples.All(sample => _layout.Has(sample) && HolderOf(sample) == self) ? Refusal.NotHolder
        : null;

    // Null under a view of a run that leased none.
    private NodeId? HolderOf(long sample) => _view is { } view && view.Shards.Length == _layout.Count ? view.Shards[_layout.ShardOf(sample)] : null;

    private void Take(IReadOnlyList<long> samples, ReadOnlyMemory<ushort> tokens, Outbox outbox)
    {
        // One that came already is of no use.
        if (tokens.Length == samples.Count * _layout.TokensPerSample && samples.Count(_missing.Remove) > 0)
        {
            outbox.Add(new DeliverSamples(samples, tokens));
        }
    }

    private void Ask(IEnumerable<long> samples, Outbox outbox)
    {
        foreach (var group in samples.GroupBy(HolderOf).ToList())
        {
            foreach (var some in group.Chunk(_layout.MostSamplesAtOnce))
            {
                if (group.Key == self)
                {
                    outbox.Add(new ReadSamples(self, Generation, some));
                }
                else if (group.Key is { } holder)
                {
                    outbox.Send(holder, new SamplesWanted(Generation, some));
                }
            }
        }
    }
}
