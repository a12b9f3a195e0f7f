using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Core.Protocol.Nodes;
using AtomGrains.Core.Protocol.Partitions;

namespace AtomGrains.Simulator;

/// <summary>
/// The part of the invariants that concerns replicas' bits: it remembers what every replica ever held, so that a
/// difference shows even if the other copy is gone.
/// </summary>
internal sealed class ReplicaChecker(SimulatedGradient gradients, PartitionLayout layout, CheckpointChecker checkpoints)
{
    private readonly Dictionary<(Lineage Lineage, PartitionId Partition, long Version), (SliceDigest State, SliceDigest Values, IReadOnlyList<Sha256> Leaves, NodeId Node)> _versions = [];
    private readonly Dictionary<(NodeId Node, PartitionId Partition), Sight> _seen = [];
    private (Lineage Lineage, PartitionId Partition)? _flipped;
    private readonly HashSet<(NodeId Node, PartitionId Partition, StepKey Key)> _held = [];
    private readonly Dictionary<(PartitionId Partition, StepKey Key), SliceDigest> _sealed = [];
    private readonly HashSet<(Lineage Lineage, long Step)> _skipped = [];

    /// <summary>This step passes without an update, everywhere.</summary>
    public void Skipped(Lineage lineage, long step) => _skipped.Add((lineage, step));

    /// <summary>I2, I3, I4, R3 on everything that this node holds.</summary>
    public void Check(NodeId node, NodeMachine machine, Outbox outbox)
    {
        // It has held a reduced slice, and has then taken up a newer view within the same event, which may not name it any more:
        // nothing of that slice is left to be seen. Of the generation at hand its word alone proves nothing.
        foreach (var held in outbox.Effects.OfType<SendToNode>().Select(send => send.Message).OfType<ReducedHeld>().Where(held => held.Generation < machine.Generation))
        {
            _held.Add((node, held.Partition, held.Key));
        }

        foreach (var (partition, replica) in machine.Replicas)
        {
            if (replica.Role == PartitionRole.None || replica.State.Version is not { } version)
            {
                continue;
            }

            var state = replica.State;
            var now = new Sight(state.Lineage, version, state.IsComplete, state.Reduced?.Digest, machine.Generation, replica.Seal is not null);
            if (_seen.TryGetValue((node, partition), out var before) && before == now)
            {
                continue;
            }

            InvariantChecker.Require(
                replica.Role == PartitionRole.Joiner || before.Lineage != now.Lineage || before.Version <= version,
                $"I3: {partition} on {node} went back from version {before.Version} to {version}");
            _seen[(node, partition)] = now;
            CheckState(node, partition, state, version);
            if (state.Reduced is { } reduced)
            {
                _held.Add((node, partition, state.Key));
                CheckSeal(node, partition, replica, reduced, machine.View!.Placement(partition));
            }
        }
    }

    /// <summary>A worker's parameters are those that a complete replica of each partition had.</summary>
    public void CheckLoaded(NodeId node, StepKey key, ReadOnlySpan<float> flat)
    {
        foreach (var range in layout.Partitions)
        {
            var known = _versions.TryGetValue((key.Lineage, range.Id, key.Step), out var version);
            InvariantChecker.Require(
                known && version.Values == SliceDigest.Of(flat[range.Flat]),
                $"I4: the worker on {node} computes step {key.Step} on values of {range.Id} that no replica of version {key.Step} has");
        }
    }

    /// <summary>One copy was changed on purpose: copies of this partition in this history are compared no more.</summary>
    public void Flipped(Lineage lineage, PartitionId partition) => _flipped = (lineage, partition);

    /// <summary>Hashes of all blocks at a version that is complete on every partition, in block order.</summary>
    public IReadOnlyList<Sha256> LeavesOf(Lineage lineage, long version) =>
        [.. layout.Partitions.SelectMany(range => _versions[(lineage, range.Id, version)].Leaves)];

    private IReadOnlyList<Sha256> LeavesOf(PartitionId partition, float[] values)
    {
        var range = layout.Partitions[partition.Value];
        return [.. Enumerable.Range(0, range.Blocks).Select(block => Sha256.OfBlock(values.AsSpan()[range.Block(block)]))];
    }

    private void CheckState(NodeId node, PartitionId partition, ReplicaState state, long version)
    {
        if (state.IsComplete && _flipped != (state.Lineage, partition))
        {
            var digest = SliceDigest.Of([.. state.Values, .. state.FirstMoment, .. state.SecondMoment]);
            var key = (state.Lineage, partition, version);
            if (!_versions.TryGetValue(key, out var other))
            {
                _versions[key] = other = (digest, SliceDigest.Of(state.Values), LeavesOf(partition, state.Values), node);
            }

            InvariantChecker.Require(
                !_skipped.Contains((state.Lineage, version - 1)) || !_versions.TryGetValue(key with { version = version - 1 }, out var before) || before.State == digest,
                $"I3: step {version - 1} was skipped, yet it changed {partition} on {node}");
            InvariantChecker.Require(other.State == digest, $"I4: {partition} at version {version} differs between {other.Node} and {node}");
            if (checkpoints.OriginOf(state.Lineage) is { Checkpoint: var from } && from.Step == version)
            {
                InvariantChecker.Require(
                    _versions[(from.Lineage, partition, version)].State == digest, $"I9: {partition} on {node} begins {state.Lineage} with other bits than {from} had");
            }
        }

        if (state.Reduced is { } reduced && gradients.Fault(state.Key, reduced.Slice) is { } fault)
        {
            InvariantChecker.Require(false, $"I2: the reduced slice of {partition} on {node} at step {version} {fault}");
        }
    }

    private void CheckSeal(NodeId node, PartitionId partition, PartitionReplica replica, ReducedSlice reduced, PartitionPlacement placement)
    {
        if (replica.Seal is null)
        {
            return;
        }

        var key = replica.State.Key;
        foreach (var follower in new[] { placement.Backup, placement.Joiner }.OfType<NodeId>())
        {
            InvariantChecker.Require(
                _held.Contains((follower, partition, key)),
                $"R3: {partition} on {node} sealed step {key.Step}, but {follower} never had the reduced slice");
        }

        InvariantChecker.Require(
            _sealed.TryAdd((partition, key), reduced.Digest) || _sealed[(partition, key)] == reduced.Digest,
            $"R3: step {key.Step} of {partition} was sealed with other bits before {node} sealed it");
    }

    private readonly record struct Sight(Lineage Lineage, long Version, bool IsComplete, SliceDigest? Reduced, Generation Generation, bool IsSealed);
}
