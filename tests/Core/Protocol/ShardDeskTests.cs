using AtomGrains.Core.Data;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Core.Protocol.Shards;
using AtomGrains.Core.Runs;
using AtomGrains.Core.Tests.Data;

namespace AtomGrains.Core.Tests.Protocol;

/// <summary>Three nodes that hold shards; the desk is node 1's.</summary>
public class ShardDeskTests
{
    private const int Context = 4, OwnLanes = 16;

    private static readonly NodeId Self = new(1), Second = new(2), Third = new(3);
    private static readonly RunSpec Spec = ShardLayoutTests.Spec(200, Context);
    private static readonly ShardLayout Layout = new(Spec);
    private static readonly SamplePlan Plan = new(Spec);

    private readonly Outbox _outbox = new();
    private readonly NodeTally _tally = new();
    private readonly ShardDesk _desk;

    public ShardDeskTests()
    {
        _desk = new ShardDesk(Self, Spec, ProtocolRules.Safe, _tally);
        _desk.Adopt(ViewOf(1, Self, Second, Third), _outbox);
        _outbox.Clear();
    }

    [Fact]
    public void SamplesOfTheStepAndOfTheNextOneAreAskedOfThoseWhoHoldThem()
    {
        var effects = Compute(0);
        var wanted = SamplesOf(0).Union(SamplesOf(1)).ToHashSet();
        Assert.Equal(wanted, Assert.Single(effects.OfType<KeepSamples>()).Samples);
        Assert.Equal(wanted, Asked(effects).SelectMany(entry => entry.Samples).ToHashSet());
        Assert.All(Asked(effects), entry => Assert.All(entry.Samples, sample => Assert.Equal(entry.To, HolderOf(1, sample, Self, Second, Third))));

        // The next step's are on their way: what is new are those of the one after it.
        Assert.Equal(SamplesOf(2).Except(wanted).ToHashSet(), Asked(Compute(1)).SelectMany(entry => entry.Samples).ToHashSet());
    }

    [Fact]
    public void WhatADeadHolderHasNotSentIsAskedOfTheNextOne()
    {
        var asked = Asked(Compute(0)).Single(entry => entry.To == Third).Samples;
        var arrived = asked.Take(2).ToList();
        Assert.Single(Do(() => _desk.Handle(Third, Sent(1, arrived), _outbox)).OfType<DeliverSamples>());
        var again = Asked(Do(() => _desk.Adopt(ViewOf(2, Self, Second), _outbox)));
        Assert.DoesNotContain(again, entry => entry.To == Third);
        Assert.Subset(again.SelectMany(entry => entry.Samples).ToHashSet(), asked.Except(arrived).ToHashSet());
        Assert.Empty(again.SelectMany(entry => entry.Samples).Intersect(arrived));
    }

    [Fact]
    public void ALeaseEndsWithItsView()
    {
        var held = Layout.FirstSample(0);
        Assert.Equal(Self, HolderOf(1, held, Self, Second, Third));
        var effects = Do(() => _desk.Adopt(ViewOf(2, Second, Third), _outbox));
        Assert.Empty(Assert.Single(effects.OfType<HoldShards>()).Shards);
        Assert.Equal(Refusal.NotHolder, RefusalOf(new SamplesWanted(new Generation(2), [held])));
        Assert.Equal(Refusal.Stale, RefusalOf(new SamplesWanted(new Generation(1), [held])));
        Assert.Equal(2, _tally.Snapshot().StaleGenerationRejected + _tally.Snapshot().OtherHistoryRejected);
    }

    [Fact]
    public void WhatWasReadUnderAnOlderViewIsNotSent()
    {
        var read = Assert.Single(Do(() => _desk.Handle(Second, new SamplesWanted(new Generation(1), [Layout.FirstSample(0)]), _outbox)).OfType<ReadSamples>());
        Do(() => _desk.Adopt(ViewOf(2, Self, Second), _outbox));
        Assert.Empty(Do(() => _desk.OnRead(read, new ushort[Context + 1], _outbox)));
    }

    [Fact]
    public void WhatIsReadGoesToWhoWantsIt()
    {
        var read = Assert.Single(Do(() => _desk.Handle(Second, new SamplesWanted(new Generation(1), [Layout.FirstSample(0)]), _outbox)).OfType<ReadSamples>());
        var send = Assert.IsType<SendToNode>(Assert.Single(Do(() => _desk.OnRead(read, new ushort[] { 1, 2, 3, 4, 5 }, _outbox))));
        Assert.Equal(Second, send.To);
        Assert.Equal([1, 2, 3, 4, 5], Assert.IsType<SamplesSent>(send.Message).Tokens.ToArray());
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(200)]
    [InlineData(long.MaxValue)]
    public void ASampleThatThereIsNotIsRefused(long sample) => Assert.Equal(Refusal.NotHolder, RefusalOf(new SamplesWanted(new Generation(1), [sample])));

    [Fact]
    public void AnAnswerWithTooFewTokensOrThatNobodyAskedForIsDropped()
    {
        var asked = Asked(Compute(0)).First(entry => entry.To == Second).Samples;
        Assert.Empty(Do(() => _desk.Handle(Second, new SamplesSent(new Generation(1), asked, new ushort[1]), _outbox)));
        Assert.Single(Do(() => _desk.Handle(Second, Sent(1, asked), _outbox)));
        Assert.Empty(Do(() => _desk.Handle(Second, Sent(1, asked), _outbox)));
    }

    [Fact]
    public void ALostQuestionIsAskedAgain()
    {
        var asked = Asked(Compute(0)).SelectMany(entry => entry.Samples).ToHashSet();
        Assert.Equal(asked, Asked(Do(() => _desk.OnTick(_outbox))).SelectMany(entry => entry.Samples).ToHashSet());
    }

    private Refusal? RefusalOf(SamplesWanted wanted) =>
        Do(() => _desk.Handle(Second, wanted, _outbox)).OfType<SendToNode>().Select(send => send.Message).OfType<Refused>().SingleOrDefault()?.Reason;

    private List<Effect> Compute(long step) => Do(() => _desk.OnLanes(new ComputeLanes(new StepKey(new Lineage(new Generation(1)), step, default), [.. Enumerable.Range(0, OwnLanes)]), _outbox));

    private static HashSet<long> SamplesOf(long step) => [.. Enumerable.Range(0, OwnLanes).SelectMany(lane => Plan.SamplesOf(step, lane))];

    private static SamplesSent Sent(long generation, IReadOnlyList<long> samples) => new(new Generation(generation), samples, new ushort[samples.Count * (Context + 1)]);

    private static List<(NodeId To, IReadOnlyList<long> Samples)> Asked(List<Effect> effects) =>
    [
        .. effects.OfType<SendToNode>().Where(send => send.Message is SamplesWanted).Select(send => (send.To, ((SamplesWanted)send.Message).Samples)),
        .. effects.OfType<ReadSamples>().Select(read => (Self, read.Samples)),
    ];

    private static NodeId HolderOf(long generation, long sample, params NodeId[] holders) => ViewOf(generation, holders).Shards[Layout.ShardOf(sample)];

    private static View ViewOf(long generation, params NodeId[] holders) => new()
    {
        Generation = new Generation(generation),
        Lineage = new Lineage(new Generation(1)),
        Members = [],
        LaneOwners = [.. Enumerable.Repeat(Self, OwnLanes), .. Enumerable.Repeat(Second, Spec.Lanes - OwnLanes)],
        Partitions = [],
        Shards = [.. Enumerable.Range(0, Layout.Count).Select(shard => holders[shard % holders.Length])],
    };

    private List<Effect> Do(Action act)
    {
        _outbox.Clear();
        act();
        return [.. _outbox.Effects];
    }
}
