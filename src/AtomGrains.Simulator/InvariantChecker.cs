using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Nodes;
using AtomGrains.Core.Protocol.Partitions;

namespace AtomGrains.Simulator;

/// <summary>
/// Watches a simulation from outside, knowing everything, after every event: the invariants of the design, by
/// their numbers there.
/// </summary>
public sealed class InvariantChecker(SimulatedGradient gradients, PartitionLayout layout)
{
    private readonly Dictionary<(Lineage Lineage, long Step), DecisionDigest> _decisions = [];
    private readonly Dictionary<(Lineage Lineage, PartitionId Partition, long Version), (SliceDigest Digest, NodeId Node)> _replicas = [];
    private readonly Dictionary<Generation, View> _views = [];
    private readonly Dictionary<(NodeId Node, PartitionId Partition), (Lineage Lineage, long Version, bool HoldsReduced)> _seen = [];

    /// <summary>Losses of the decided steps, by lineage.</summary>
    public Dictionary<Lineage, SortedDictionary<long, long>> LossBits { get; } = [];

    /// <summary>I8, I3: within a lineage no step is decided in two ways.</summary>
    public void Decided(Decision decision)
    {
        Require(
            !_decisions.TryGetValue((decision.Lineage, decision.Step), out var other) || other == decision.Digest,
            $"I8: step {decision.Step} of {decision.Lineage} is decided in two ways");
        _decisions[(decision.Lineage, decision.Step)] = decision.Digest;
        Require(
            decision.Loss == gradients.ExpectedLoss,
            $"I2: the loss of step {decision.Step} holds a lane twice or not at all");
        if (!LossBits.TryGetValue(decision.Lineage, out var losses))
        {
            LossBits[decision.Lineage] = losses = [];
        }

        losses[decision.Step] = BitConverter.DoubleToInt64Bits(decision.GradientNorm);
    }

    /// <summary>I8: no two views share a generation.</summary>
    public void Adopted(View view)
    {
        Require(
            !_views.TryGetValue(view.Generation, out var other) || Same(other, view),
            $"I8: {view.Generation} names two views");
        _views[view.Generation] = view;
    }

    /// <summary>I6: what an old generation sends to a partition is refused and counted.</summary>
    public void Delivered(NodeId node, bool wasStale, NodeCounters before, NodeCounters after) =>
        Require(
            !wasStale || Refusals(after) > Refusals(before),
            $"I6: {node} took a message of an old generation");

    /// <summary>I2, I3, I4 on everything that this node holds.</summary>
    public void Check(NodeId node, NodeMachine machine)
    {
        foreach (var (partition, replica) in machine.Replicas)
        {
            if (replica.Role == PartitionRole.None || replica.State.Version is not { } version || !replica.State.IsComplete)
            {
                continue;
            }

            var now = (replica.State.Lineage, version, replica.State.Reduced is not null);
            if (_seen.TryGetValue((node, partition), out var before) && before == now)
            {
                continue;
            }

            Require(
                replica.Role == PartitionRole.Joiner || before.Lineage != now.Lineage || before.Version <= version,
                $"I3: {partition} on {node} went back from version {before.Version} to {version}");
            _seen[(node, partition)] = now;
            CheckReplica(node, partition, replica.State, version);
        }
    }

    /// <summary>A broken invariant ends the simulation with its text.</summary>
    public static void Require(bool holds, string violation)
    {
        if (!holds)
        {
            throw new InvariantException(violation);
        }
    }

    private void CheckReplica(NodeId node, PartitionId partition, ReplicaState state, long version)
    {
        var digest = SliceDigest.Of([.. state.Values, .. state.FirstMoment, .. state.SecondMoment]);
        var key = (state.Lineage, partition, version);
        if (_replicas.TryGetValue(key, out var other))
        {
            Require(other.Digest == digest, $"I4: {partition} at version {version} differs between {other.Node} and {node}");
        }
        else
        {
            _replicas[key] = (digest, node);
        }

        if (state.Reduced is { } reduced)
        {
            Require(
                gradients.CountsEachLaneOnce(layout.Partitions[partition.Value], reduced.Slice),
                $"I2: the reduced slice of {partition} on {node} at step {version} holds a lane twice or not at all");
        }
    }

    private static bool Same(View a, View b) =>
        a.Lineage == b.Lineage && a.Members.SequenceEqual(b.Members) && a.LaneOwners.SequenceEqual(b.LaneOwners) && a.Partitions.SequenceEqual(b.Partitions);

    private static long Refusals(NodeCounters counters) =>
        counters.StaleGenerationRejected + counters.EarlyRejected + counters.LateRejected + counters.OtherHistoryRejected;
}
