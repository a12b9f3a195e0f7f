using AtomGrains.Core.Lanes;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Core.Protocol.Partitions;
using AtomGrains.Core.Runs;

namespace AtomGrains.Core.Tests.Protocol;

/// <summary>One partition of two blocks and two lanes on nodes 1 (primary), 2 (backup) and, if named, 3 (joiner).</summary>
internal sealed class ReplicaBench
{
    public const int Elements = 6;

    public static readonly NodeId Primary = new(1), Backup = new(2), Joiner = new(3), Worker = new(4);
    public static readonly PartitionId Partition = new(0);
    public static readonly Lineage Lineage = new(new Generation(1));
    public static readonly RunSpec Spec = new()
    {
        Steps = 10,
        Lanes = 2,
        Partitions = 1,
        BlockElements = 4,
        Model = new ModelSpec(),
        Optimizer = new OptimizerSpec(),
        Data = new DataSpec { TrainSamples = 100 },
        Evaluation = new EvaluationSpec { Every = 0, Batches = 1 },
    };

    public static readonly ParameterLayout Parameters = new([new("matrix", [2, 3], 0, true)]);
    public static readonly PartitionLayout Layout = new(Elements, Spec.BlockElements, 1);

    private readonly Outbox _outbox = new();

    public ReplicaBench(NodeId self, View view, long steps = long.MaxValue, bool proves = true)
    {
        Self = self;
        Replica = new PartitionReplica(
            Layout.Partitions[0],
            new ReplicaContext(self, Spec.Lanes, Parameters, new AdamW(Spec.Optimizer), new FloatPool(), ProtocolRules.Safe, _ => new float[Elements], Tally, steps, proves),
            view);
        Replica.Adopt(view, _outbox);
    }

    public NodeId Self { get; }

    public NodeTally Tally { get; } = new();

    public PartitionReplica Replica { get; }

    public static View ViewOf(long generation, NodeId primary, NodeId? backup = null, NodeId? joiner = null, Lineage? lineage = null) => new()
    {
        Generation = new Generation(generation),
        Lineage = lineage ?? Lineage,
        Members = [.. new[] { 1, 2, 3, 4 }.Select(id => new Member(new NodeId(id), id, ""))],
        LaneOwners = [Worker, Worker],
        Partitions = [new PartitionPlacement(primary, backup, joiner)],
    };

    public static StepKey Key(long step, Decision? last = null) => new(Lineage, step, last?.Digest ?? DecisionDigest.Genesis(Lineage));

    public static Push PushOf(TreeNode node, StepKey key, long generation = 1) =>
        new(Partition, new Generation(generation), key, node, 1, Enumerable.Repeat(0.5f, Elements).ToArray());

    /// <summary>Both lanes of a step at once.</summary>
    public static Push Whole(StepKey key, long generation = 1) => PushOf(new TreeNode(1, 0), key, generation);

    public static Decision Commit(long step, Decision? last = null) =>
        new(Lineage, step, DecisionKind.Commit, new UpdateScalars(0.1f, 1, 1, 1), 1, 1, step + 1, 0, last?.Digest ?? DecisionDigest.Genesis(Lineage));

    /// <summary>Delivers and returns what was sent because of it.</summary>
    public List<Effect> Handle(NodeId from, TensorMessage message) => Take(outbox => Replica.Handle(from, message, outbox));

    public List<Effect> Decide(Decision decision, bool viewFollows = false) => Take(outbox => Replica.OnDecision(decision, outbox, viewFollows));

    public List<Effect> Adopt(View view) => Take(outbox => Replica.Adopt(view, outbox));

    public List<Effect> Tick() => Take(Replica.OnTick);

    public static T? Sent<T>(List<Effect> effects)
        where T : Message => effects.OfType<SendToNode>().Select(send => send.Message).Concat(effects.OfType<SendToCoordinator>().Select(send => (Message)send.Message)).OfType<T>().SingleOrDefault();

    /// <summary>What another replica says on receiving the reduced slice that this one sent.</summary>
    public ReducedHeld Acknowledge(long generation) => new(Partition, new Generation(generation), Replica.State.Key, Replica.State.Reduced!.Digest);

    private List<Effect> Take(Action<Outbox> act)
    {
        _outbox.Clear();
        act(_outbox);
        return [.. _outbox.Effects];
    }
}
