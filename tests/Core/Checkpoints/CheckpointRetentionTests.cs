using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol;

namespace AtomGrains.Core.Tests.Checkpoints;

public sealed class CheckpointRetentionTests
{
    private static readonly Lineage First = new(new Generation(1));
    private static readonly Lineage Second = new(new Generation(4));
    private static readonly Lineage Third = new(new Generation(9));

    [Fact]
    public void TheNewestAreKept() => Assert.Equal([At(First, 1), At(First, 2)], Collectable(keep: 2, History((First, null)), At(First, 2), At(First, 4), At(First, 1), At(First, 3)));

    [Fact]
    public void StepsThatALaterLineageRepeatsAreVoid()
    {
        var history = History((First, null), (Second, At(First, 20)));
        Assert.Equal([At(First, 30)], Collectable(keep: 9, history, At(First, 10), At(First, 20), At(First, 30), At(Second, 25)));
        Assert.Equal([At(Second, 25), At(First, 20), At(First, 10)], history.Candidates([At(First, 10), At(First, 30), At(Second, 25), At(First, 20)]));
    }

    [Fact]
    public void ALineageFromTheSeedLeavesNothingOfThoseBeforeIt() =>
        Assert.Empty(History((First, null), (Second, At(First, 20)), (Third, null)).Candidates([At(First, 20), At(Second, 30)]));

    [Fact]
    public void AStepThatWasGivenUpTwiceStaysVoid()
    {
        // The second lineage went on from 20, the third from 10: what the first had up to 20 is void from 10 on.
        var history = History((First, null), (Second, At(First, 20)), (Third, At(First, 10)));
        Assert.Equal([At(First, 10)], history.Candidates([At(First, 10), At(First, 20), At(Second, 20)]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void WhatALineageCameFromStaysUntilANewerOneOfItIsVerified(bool isVerified)
    {
        CheckpointId[] checkpoints = [At(First, 20), At(Second, 30)];
        var gone = CheckpointRetention.Collectable(checkpoints, History((First, null), (Second, At(First, 20))), 1, ProtocolRules.Safe, _ => isVerified);
        Assert.Equal(isVerified ? [At(First, 20)] : [], gone);
    }

    [Fact]
    public void SlicesOfTheCheckpointUnderWayAreNoGarbage()
    {
        Assert.False(CheckpointRetention.IsGarbage(At(Second, 40), newest: At(Second, 30)));
        Assert.True(CheckpointRetention.IsGarbage(At(Second, 30), newest: At(Second, 30)));
        Assert.True(CheckpointRetention.IsGarbage(At(First, 90), newest: At(Second, 30)));
        Assert.False(CheckpointRetention.IsGarbage(At(Second, 10), newest: At(First, 30)));
    }

    private static IReadOnlyList<CheckpointId> Collectable(int keep, LineageHistory history, params CheckpointId[] checkpoints) =>
        [.. CheckpointRetention.Collectable(checkpoints, history, keep, ProtocolRules.Safe, _ => true).Order(CheckpointRetention.Newest)];

    private static CheckpointId At(Lineage lineage, long step) => new(lineage, step);

    private static LineageHistory History(params (Lineage Lineage, CheckpointId? Origin)[] lineages) => LineageHistory.Of(
        lineages.Select(one => new View
        {
            Generation = one.Lineage.Began,
            Lineage = one.Lineage,
            Origin = one.Origin is { } origin ? new LineageOrigin(origin, origin.Step, 0) : null,
            Members = [],
            LaneOwners = [],
            Partitions = [],
        }),
        ProtocolRules.Safe);
}
