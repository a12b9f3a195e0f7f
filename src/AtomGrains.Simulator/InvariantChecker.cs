using System.Globalization;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Core.Protocol.Nodes;
using AtomGrains.Core.Protocol.Partitions;

namespace AtomGrains.Simulator;

/// <summary>
/// Watches a simulation from outside, knowing everything, at every event: the invariants of the design (I) and the
/// protocol's rules (R), by their numbers there. It sees messages, effects and the machines' public state, never
/// which rules they run by.
/// </summary>
internal sealed class InvariantChecker(ReplicaChecker replicas, SimulatedGradient gradients, CheckpointChecker checkpoints, PoisonedLane poison, AuditChecker audits)
{
    private const int MostDeaths = 3;

    private readonly Dictionary<(Lineage Lineage, long Step), DecisionDigest> _decisions = [];
    private readonly Dictionary<(Lineage Lineage, long Version), Sha256> _roots = [];
    private readonly Dictionary<Lineage, long> _newestDecided = [];
    private (Lineage Lineage, PartitionId Partition, long Version)? _flipped;
    private readonly Dictionary<Generation, View> _views = [];
    private readonly HashSet<(Generation Generation, PartitionId Partition, NodeId Joiner)> _inSync = [];

    /// <summary>Bits of loss and gradient norm of the decided steps, by lineage.</summary>
    public Dictionary<Lineage, SortedDictionary<long, ulong>> LossBits { get; } = [];

    /// <summary>I2, I3, I8: each step after the one before, each in one way, with every lane once.</summary>
    public void Decided(Decision decision)
    {
        var (lineage, step) = (decision.Lineage, decision.Step);
        Require(
            !_decisions.TryGetValue((lineage, step), out var other) || other == decision.Digest,
            $"I8: step {step} of {lineage} is decided in two ways");
        Require(
            step <= NewestDecided(lineage) + 1 && step >= checkpoints.Begins(lineage),
            $"I3: step {step} of {lineage} is decided after step {NewestDecided(lineage)}");
        Require(decision.Loss == gradients.ExpectedLoss, $"I2: the loss of step {step} holds a lane twice or not at all");
        Require(_flipped is not { } flip || flip.Lineage != lineage || step < flip.Version, $"R7: step {step} of {lineage} is decided on copies of {_flipped?.Partition} that differ");
        if (decision.Kind == DecisionKind.Skip)
        {
            replicas.Skipped(lineage, step);
        }

        _decisions[(lineage, step)] = decision.Digest;
        _newestDecided[lineage] = Math.Max(step, NewestDecided(lineage));
        checkpoints.Decided(decision);
        if (!LossBits.TryGetValue(lineage, out var losses))
        {
            LossBits[lineage] = losses = [];
        }

        // The root of what the step was computed on is known by then, and belongs to what has to be equal without faults.
        Require(_roots.TryGetValue((lineage, step), out var root), $"step {step} of {lineage} is decided before the parameters that it was computed on are proven");
        losses[step] = Bits.Mix(root.A, BitConverter.DoubleToUInt64Bits(decision.Loss), BitConverter.DoubleToUInt64Bits(decision.GradientNorm));
    }

    /// <summary>A copy of this history was changed behind everybody's back: that it differs is no longer the protocol's doing.</summary>
    public void Flipped(Lineage lineage, PartitionId partition, long version)
    {
        _flipped = (lineage, partition, version);
        replicas.Flipped(lineage, partition);
    }

    /// <summary>The root of a version is that of the blocks which all its replicas hold, however they are spread over partitions.</summary>
    public void Proven(VersionProven proven)
    {
        var leaves = replicas.LeavesOf(proven.Lineage, proven.Version);
        Require(BlockTree.Root(leaves) == proven.Root, $"the root of version {proven.Version} of {proven.Lineage} is not that of its blocks");
        Require(proven.Leaves!.SequenceEqual(PartitionProof.Beginnings(leaves)), $"the leaves of version {proven.Version} of {proven.Lineage} are not those of its blocks");
        Require(
            !_roots.TryGetValue((proven.Lineage, proven.Version), out var other) || other == proven.Root,
            $"version {proven.Version} of {proven.Lineage} has two roots");
        _roots[(proven.Lineage, proven.Version)] = proven.Root;
    }

    /// <summary>What a new coordinator hears of the last decision is what was decided.</summary>
    public void Recalled(Decision decision) => Require(
        _decisions.TryGetValue((decision.Lineage, decision.Step), out var digest) && digest == decision.Digest,
        $"I8: step {decision.Step} of {decision.Lineage} is remembered otherwise than it was decided");

    /// <summary>I3, R3: a view in force begins at a step that every replica has reached and nobody has passed for good.</summary>
    public void Installed(View view, long step, Func<NodeId, NodeMachine?> living)
    {
        var newest = NewestDecided(view.Lineage);
        Require(step >= newest, $"I3: {view.Generation} goes back to step {step}, though step {newest} of {view.Lineage} is decided");
        foreach (var node in view.ReplicaNodes)
        {
            if (living(node) is not { } machine)
            {
                continue;
            }

            Require(machine.Generation >= view.Generation, $"R3: {view.Generation} is in force before {node} adopted it");
            foreach (var (partition, replica) in machine.Replicas)
            {
                Require(
                    machine.Generation > view.Generation || !view.Placement(partition).IsReplica(node) || replica.State.Version >= step,
                    $"R3: {view.Generation} is in force at step {step}, but {partition} on {node} is at version {replica.State.Version}");
            }
        }
    }

    /// <summary>R3: replica sets come from the view before, plus joiners that are reported in sync under it.</summary>
    public void Recorded(View view, View? before)
    {
        Told(view);
        CheckDeaths(view, before);
        checkpoints.Recorded(view);
        audits.Recorded(view);
        if (before is null || before.Lineage != view.Lineage)
        {
            return;
        }

        foreach (var partition in view.Partitions.Select((_, index) => new PartitionId(index)))
        {
            var stranger = view.Placement(partition).Replicas.FirstOrDefault(node =>
                !before.Placement(partition).IsReplica(node) && !_inSync.Contains((before.Generation, partition, node)));
            Require(stranger == default, $"R3: {view.Generation} makes {stranger} a replica of {partition}, but it is no replica of the view before and was not reported in sync");
        }
    }

    // Poison: who was ended from outside speaks against no lane, and a death counts until its step is decided.
    private void CheckDeaths(View view, View? before)
    {
        foreach (var death in view.Deaths)
        {
            Require(poison.Deaths.Contains(death), $"poison: {view.Generation} blames lane {death.Lane} of step {death.Step} for the end of {death.Node}, which it did not end");
        }

        foreach (var death in before?.Deaths ?? [])
        {
            Require(
                view.Deaths.Contains(death) || _newestDecided.GetValueOrDefault(view.Lineage, -1) >= death.Step,
                $"poison: {view.Generation} has forgotten that lane {death.Lane} of step {death.Step} ended {death.Node}");
        }
    }

    /// <summary>Poison: a run stops for a lane that has ended three workers, and for no other.</summary>
    public void Stopped(string reason) => Require(
        (audits.MayStop && !reason.StartsWith("lane ", StringComparison.Ordinal)) || (poison.Deaths.Count >= MostDeaths && poison.Deaths.All(death => reason.StartsWith($"lane {death.Lane} of step {death.Step} (", StringComparison.Ordinal))),
        $"the run stopped: {reason}");

    /// <summary>I8: no two views share a generation.</summary>
    public void Told(View view)
    {
        Require(
            !_views.TryGetValue(view.Generation, out var other) || Same(other, view),
            $"I8: {view.Generation} names two views");
        _views[view.Generation] = view;
    }

    /// <summary>
    /// Delivers a message. I6: what an old generation sends is refused and counted. I11: lanes that a primary needs
    /// are there afterwards.
    /// </summary>
    public static void Deliver(NodeId node, NodeMachine machine, TensorMessage message, Action deliver)
    {
        var isStale = message.Generation < machine.Generation && message is not Refused;
        var before = Refusals(machine.Counters);
        var isWanted = message is Push push && IsWanted(machine, push);
        deliver();
        Require(!isStale || Refusals(machine.Counters) > before, $"I6: {node} took a {message.GetType().Name} of an old generation");
        Require(
            !isWanted || message is not Push { Key: var key, Node: var lanes } || Missing(machine, message.Partition, key).All(node => !node.Covers(lanes) && !lanes.Covers(node)),
            $"I11: {node} dropped lanes of {message.Partition} that it needs");
    }

    /// <summary>R4: a joiner that is reported in sync has all blocks and any reduced slice.</summary>
    /// <param name="sentAfter">The primary reduced and sent the slice after its report, in the same event.</param>
    public void JoinerReported(JoinerInSync report, NodeMachine primary, NodeMachine? joiner, bool sentAfter)
    {
        _inSync.Add((report.Generation, report.Partition, report.Joiner));
        if (joiner is null || joiner.Generation != report.Generation || primary.Generation != report.Generation)
        {
            return;
        }

        var (source, copy) = (primary.Replicas[report.Partition].State, joiner.Replicas[report.Partition].State);
        var holds = copy.IsComplete && copy.Version >= source.Version && (copy.Version > source.Version || source.Reduced is null || sentAfter || copy.Reduced is not null);
        Require(holds, $"R4: {report.Joiner} is reported in sync with {report.Partition}, but lacks blocks or the reduced slice: {Standing(copy)}, its primary {Standing(source)}");
    }

    /// <summary>A view that was recorded, or that a node was told of; null when there was none of that generation.</summary>
    public View? ViewOf(Generation generation) => _views.GetValueOrDefault(generation);

    /// <summary>A worker computes on the parameters that the partitions hold.</summary>
    public void Loaded(NodeId node, StepKey key, ReadOnlySpan<float> flat)
    {
        replicas.CheckLoaded(node, key, flat);
        audits.Loaded(key, flat);
    }

    /// <param name="outbox">What the node does of the event after which it is looked at.</param>
    public void Check(NodeId node, NodeMachine machine, Outbox outbox)
    {
        replicas.Check(node, machine, outbox);
        audits.Check(node, machine);
    }

    /// <summary>Bits of the decided steps of a lineage and of what it came from, in their order.</summary>
    public IReadOnlyList<ulong> SurvivingBits(Lineage newest) =>
        [.. checkpoints.Surviving(newest).SelectMany(part => LossBits.GetValueOrDefault(part.Lineage, []).Where(step => step.Key < part.End)).OrderBy(step => step.Key).Select(step => step.Value)];

    private long NewestDecided(Lineage lineage) => _newestDecided.GetValueOrDefault(lineage, checkpoints.Begins(lineage) - 1);

    /// <summary>A broken invariant ends the simulation with its text.</summary>
    public static void Require(bool holds, string violation)
    {
        if (!holds)
        {
            throw new InvariantException(violation);
        }
    }

    private static string Standing(ReplicaState state) =>
        $"is at version {state.Version?.ToString(CultureInfo.InvariantCulture) ?? "none"} {(state.IsComplete ? "with all blocks" : "with blocks missing")}, {(state.Reduced is null ? "without" : "with")} a reduced slice";

    private static bool IsWanted(NodeMachine machine, Push push) =>
        push.Generation == machine.Generation && !machine.View!.IsQuarantined(push.By)
        && machine.Replicas.TryGetValue(push.Partition, out var replica)
        && replica is { Role: PartitionRole.Primary, State: { Version: not null, Reduced: null } }
        && replica.State.Key == push.Key;

    private static IEnumerable<Core.Lanes.TreeNode> Missing(NodeMachine machine, PartitionId partition, StepKey key) =>
        machine.Replicas[partition].State.Key == key ? machine.Replicas[partition].MissingLanes : [];

    private static bool Same(View a, View b) =>
        a.Lineage == b.Lineage && a.Members.SequenceEqual(b.Members) && a.LaneOwners.SequenceEqual(b.LaneOwners) && a.Partitions.SequenceEqual(b.Partitions)
        && a.AuditShare == b.AuditShare && a.Quarantined.SequenceEqual(b.Quarantined) && a.Trusted.SequenceEqual(b.Trusted)
        && a.Deaths.SequenceEqual(b.Deaths) && a.HeldLanes.SequenceEqual(b.HeldLanes) && a.Shards.SequenceEqual(b.Shards);

    private static long Refusals(NodeCounters counters) =>
        counters.StaleGenerationRejected + counters.EarlyRejected + counters.LateRejected + counters.OtherHistoryRejected;
}
