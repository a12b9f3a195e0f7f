using AtomGrains.Core.Lanes;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Coordination;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;
using static AtomGrains.Core.Tests.Protocol.ReplicaBench;

namespace AtomGrains.Core.Tests.Protocol.Coordination;

/// <summary>A coordinator of two workers and one partition, and one line for each thing that can happen to it.</summary>
public abstract class CoordinatorBench
{
    private protected static readonly NodeId One = new(1), Two = new(2), Three = new(3);
    private protected static readonly CoordinatorOptions Options = new() { Workers = 2 };

    private readonly Outbox _outbox = new();

    private protected TimeSpan Now { get; set; }

    private protected Coordinator Coordinator { get; set; } = new(Spec, Layout, Options, ProtocolRules.Safe);

    // Nodes 1 and 2 in force at step 0 of generation 1.
    private protected void Install()
    {
        Ready(One);
        Ready(Two);
        Recorded(1);
        Adopt(One, 1);
        Adopt(Two, 1);
        Assert.True(Coordinator.IsInstalled);
    }

    private protected static Decision DecisionOf(long step, Decision? last = null) =>
        DecisionMaker.Decide(Spec, Layout, ReplicaBench.Lineage, step, last, [SealOf(step, 1, last)]);

    private protected static PartitionSeal SealOf(long step, double square = 1, Decision? last = null) =>
        new(Partition, step, last?.Digest ?? DecisionDigest.Genesis(ReplicaBench.Lineage), [new(new TreeNode(1, 0), square)], 1);

    private protected List<Effect> Seal(NodeId node, long generation, long step, double square = 1, Decision? last = null) =>
        Do(outbox => Coordinator.HandleMessage(node, new Sealed(new(generation), ReplicaBench.Lineage, [SealOf(step, square, last)]), Now, outbox));

    private protected List<Effect> Adopt(NodeId node, long generation, ReplicaReport? report = null) =>
        Do(outbox => Coordinator.HandleMessage(node, new Adopted(new(generation), [report ?? new ReplicaReport(Partition, 0, false, null)]), Now, outbox));

    private protected List<Effect> Ready(NodeId node) => Do(outbox => Coordinator.HandleMessage(node, new NodeReady("", node.Value), Now, outbox));

    private protected List<Effect> Beat(NodeId node) => Do(outbox => Coordinator.HandleMessage(node, new Heartbeat(new(1), new NodeCounters()), Now, outbox));

    private protected List<Effect> Recorded(long generation) => Do(outbox => Coordinator.OnViewRecorded(new(generation), Now, outbox));

    private protected List<Effect> End(NodeId node, NodeDeath? death = null) => Do(outbox => Coordinator.OnNodeEnded(node, Now, outbox, death));

    private protected List<Effect> NotFinite(long step, Decision? last, params int[] lanes) =>
        Do(outbox => Coordinator.HandleMessage(One, new LanesNotFinite(Key(step, last), lanes), Now, outbox));

    // Time passes tick by tick while these nodes are heard.
    private protected List<Effect> Wait(double seconds, params NodeId[] heard)
    {
        var effects = new List<Effect>();
        for (var until = Now + TimeSpan.FromSeconds(seconds); Now < until;)
        {
            Now += TimeSpan.FromMilliseconds(100);
            foreach (var node in heard)
            {
                effects.AddRange(Beat(node));
            }

            effects.AddRange(Tick());
        }

        return effects;
    }

    private protected List<Effect> Tick() => Do(outbox => Coordinator.OnTick(Now, outbox));

    private protected static List<SendToNode> Decided(List<Effect> effects) => [.. effects.OfType<SendToNode>().Where(send => send.Message is Decide)];

    private protected List<Effect> Do(Action<Outbox> act)
    {
        _outbox.Clear();
        act(_outbox);
        return [.. _outbox.Effects];
    }
}
