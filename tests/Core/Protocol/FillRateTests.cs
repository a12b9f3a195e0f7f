using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Core.Protocol.Partitions;

namespace AtomGrains.Core.Tests.Protocol;

/// <summary>What a joiner asks for over time, of a primary that answers at once.</summary>
public class FillRateTests
{
    private const int BlockElements = 16, Blocks = 200, BlocksAtOnce = 4;
    private const long BytesPerSecond = 6000, BlockBytes = 3 * sizeof(float) * BlockElements;

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(150);
    private static readonly ParameterLayout Parameters = new([new("matrix", [Blocks, BlockElements], 0, true)]);
    private static readonly View View = ReplicaBench.ViewOf(1, ReplicaBench.Primary, ReplicaBench.Backup, ReplicaBench.Joiner);

    private readonly Outbox _outbox = new();
    private readonly FillBudget _budget = new(BytesPerSecond);

    [Fact]
    public void InAnyTimeACopyTakesNoMoreThanItsRateAllows()
    {
        var (primary, joiner) = (Replica(ReplicaBench.Primary), Replica(ReplicaBench.Joiner));
        joiner.Adopt(View, _outbox);
        var asked = new List<(TimeSpan At, long Bytes)>();
        var now = TimeSpan.Zero;
        for (; !joiner.State.IsComplete; now += Tick)
        {
            Assert.True(now < TimeSpan.FromMinutes(1), "the copy does not come to an end");
            _budget.Tick(now);
            joiner.GoOnFilling(_outbox);
            for (var sent = Sent(); sent.Count > 0; sent = Sent())
            {
                foreach (var (to, message) in sent)
                {
                    if (message is FillWanted wanted)
                    {
                        asked.Add((now, wanted.Blocks.Count * BlockBytes));
                    }

                    (to == ReplicaBench.Primary ? primary : joiner).Handle(to == ReplicaBench.Primary ? ReplicaBench.Joiner : ReplicaBench.Primary, message, _outbox);
                }
            }
        }

        Assert.Equal(Blocks * BlockBytes, asked.Sum(entry => entry.Bytes));
        foreach (var (from, _) in asked)
        {
            foreach (var (to, _) in asked.Where(entry => entry.At >= from))
            {
                var bytes = asked.Where(entry => entry.At >= from && entry.At <= to).Sum(entry => entry.Bytes);
                var saved = BytesPerSecond * 0.2;
                Assert.True(bytes <= (BytesPerSecond * (to - from).TotalSeconds) + saved + (BlocksAtOnce * BlockBytes), $"{bytes} bytes from {from} to {to}");
            }
        }

        // Bounded, and no slower than that.
        Assert.InRange(now.TotalSeconds, 0.9 * Blocks * BlockBytes / BytesPerSecond - 0.2, (1.1 * Blocks * BlockBytes / BytesPerSecond) + Tick.TotalSeconds);
    }

    [Fact]
    public void WhatIsOnItsWayIsNotAskedForAgainUntilAStepHasPassed()
    {
        var joiner = Replica(ReplicaBench.Joiner);
        joiner.Adopt(View, _outbox);
        Assert.Single(Sent());
        for (var now = Tick; now < 3 * Tick; now += Tick)
        {
            _budget.Tick(now);
            joiner.GoOnFilling(_outbox);
            Assert.Empty(Sent());
        }

        joiner.OnTick(_outbox);
        Assert.Equal(BlocksAtOnce, Assert.IsType<FillWanted>(Assert.Single(Sent()).Message).Blocks.Count);
    }

    [Fact]
    public void WhatAPauseHasSavedUpIsNotSpentAtOnce()
    {
        _budget.Tick(TimeSpan.Zero);
        _budget.Tick(TimeSpan.FromHours(1));
        var spent = 0L;
        for (; _budget.IsOpen; spent += BlockBytes)
        {
            _budget.Spend(BlockBytes);
        }

        Assert.InRange(spent, 1, (BytesPerSecond / 5) + BlockBytes);
    }

    private PartitionReplica Replica(NodeId self)
    {
        var spec = ReplicaBench.Spec;
        var context = new ReplicaContext(
            self, spec.Lanes, Parameters, new AdamW(spec.Optimizer), new FloatPool(), ProtocolRules.Safe, range => new float[range.Elements], new NodeTally(), Fills: _budget);
        return new PartitionReplica(new PartitionLayout(Parameters.Elements, BlockElements, 1).Partitions[0], context, View);
    }

    private List<(NodeId To, TensorMessage Message)> Sent()
    {
        var sent = _outbox.Effects.OfType<SendToNode>().Where(send => send.Message is TensorMessage).Select(send => (send.To, (TensorMessage)send.Message)).ToList();
        _outbox.Clear();
        return sent;
    }
}
