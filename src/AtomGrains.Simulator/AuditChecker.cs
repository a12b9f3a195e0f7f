using AtomGrains.Core.Lanes;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Options;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Audits;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Core.Protocol.Nodes;

namespace AtomGrains.Simulator;

/// <summary>
/// The part of the invariants that concerns wrong bits (R7). It computes every step itself, so it knows which reduced slices
/// are right and who was wrong, and asks no rule.
/// </summary>
internal sealed class AuditChecker(SimulatedGradient gradients, PartitionLayout layout, LyingDevice liar, SimulationOptions options)
{
    private readonly Dictionary<StepKey, float[]> _means = [];
    private readonly HashSet<(NodeId Node, PartitionId Partition, StepKey Key)> _accusing = [];
    private readonly HashSet<(NodeId, PartitionId, StepKey)> _seen = [];
    private bool _wasAlone;

    /// <summary>Nodes that were found.</summary>
    public int Found { get; private set; }

    /// <summary>Wrong bits may end up in the weights: not every lane was compared, or what was found late is kept.</summary>
    public bool MayBeWrong => liar.Exists
        && !(options.AuditLanes == 1 && !_wasAlone) && !(options.OnWrongBits == WrongBitsPolicy.Rollback && Found > 0);

    /// <summary>A run may be given up for wrong bits.</summary>
    public bool MayStop => liar.Exists;

    public void Recorded(View view) => _wasAlone |= AuditRoster.IsAlone(view);

    public void Loaded(StepKey key, ReadOnlySpan<float> flat)
    {
        if (liar.Exists && !_means.ContainsKey(key))
        {
            _means[key] = MeanOf(key, flat);
        }
    }

    /// <summary>
    /// R7: nobody is accused who computed what every other device does. Whoever reports knows it, and nobody else as long as
    /// the report is not heard: a liar that is left alone then goes on with its own bits.
    /// </summary>
    public void Reported(NodeId by, LaneDisputed disputed, Func<NodeId, Member?> memberOf)
    {
        foreach (var vote in disputed.Votes.Where(vote => vote.IsWrong))
        {
            InvariantChecker.Require(
                memberOf(vote.Node) is { } member && liar.Is(member) && disputed.Key.Step >= options.LiesFrom,
                $"R7: {vote.Node} is accused of lane {disputed.Lane} of step {disputed.Key.Step}, which it computed as everybody does");
            _accusing.Add((by, disputed.Partition, disputed.Key));
        }
    }

    public void WrongBitsFound(WrongBitsFound found)
    {
        Found++;
        InvariantChecker.Require(
            found.FirstSuspect <= liar.FirstLie,
            $"R7: the device of {found.Node} was wrong from step {liar.FirstLie} on, and only steps from {found.FirstSuspect} on are said to be suspect");
    }

    /// <summary>R7: with every lane audited no wrong slice is reduced, and none anywhere by a partition that knows who is wrong.</summary>
    public void Check(NodeId node, NodeMachine machine)
    {
        if (!liar.Exists)
        {
            return;
        }

        foreach (var (partition, replica) in machine.Replicas)
        {
            if (replica.State is not { Version: not null, Reduced: { } reduced } state || !_seen.Add((node, partition, state.Key)) || !_means.TryGetValue(state.Key, out var mean))
            {
                continue;
            }

            var isRight = SliceDigest.Of(mean.AsSpan(layout.Partitions[partition.Value].Flat)) == reduced.Digest;
            InvariantChecker.Require(isRight || options.AuditLanes < 1 || _wasAlone, $"R7: {partition} on {node} has reduced wrong bits of step {state.Key.Step}, though every lane is audited");
            InvariantChecker.Require(isRight || !_accusing.Contains((node, partition, state.Key)), $"R7: {partition} on {node} has reduced wrong bits of step {state.Key.Step}, though it knows whose they are");
        }
    }

    private float[] MeanOf(StepKey key, ReadOnlySpan<float> flat)
    {
        var sums = new float[options.Lanes][];
        for (var lane = 0; lane < options.Lanes; lane++)
        {
            gradients.Compute(key, lane, salt: 0, flat, sums[lane] = new float[flat.Length]);
        }

        for (var width = 1; width < options.Lanes; width *= 2)
        {
            for (var lane = 0; lane < options.Lanes; lane += 2 * width)
            {
                VectorMath.Add(sums[lane], sums[lane + width]);
            }
        }

        VectorMath.Scale(sums[0], 1f / options.Lanes);
        return sums[0];
    }
}
