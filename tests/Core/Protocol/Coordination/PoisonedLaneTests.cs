using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Coordination;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;
using static AtomGrains.Core.Tests.Protocol.ReplicaBench;

namespace AtomGrains.Core.Tests.Protocol.Coordination;

public class PoisonedLaneTests : CoordinatorBench
{
    private static NodeDeath Of(int lane, bool isOwnDoing = true, long step = 0) => new(isOwnDoing, step, lane);

    [Fact]
    public void ALaneThatHasEndedAWorkerIsHeldWhileEverybodyHoldsAnOnlyCopy()
    {
        Install();
        var view = Recorded(End(Two, Of(1)));
        Assert.Equal(new LaneDeath(0, 1, Two), Assert.Single(view.Deaths));
        Assert.Equal(1, Assert.Single(view.HeldLanes));
        Assert.Equal([0], view.LanesOf(One));
        Assert.Equal([One], view.OwnersOf(new(1, 0)));
    }

    [Fact]
    public void AHeldLaneGoesToTheReplacementAloneAsSoonAsThatIsThere()
    {
        Install();
        Recorded(End(Two, Of(1)));
        Recorded(2);
        Adopt(One, 2);
        var view = Recorded(Ready(Three));
        Assert.Empty(view.HeldLanes);
        Assert.Equal([1], view.LanesOf(Three));
        Assert.Equal([0], view.LanesOf(One));
    }

    [Fact]
    public void AHeldLaneIsGivenOutAfterSomeTimeWhoeverIsThere()
    {
        Install();
        Recorded(End(Two, Of(1)));
        Recorded(2);
        Adopt(One, 2);
        Assert.Empty(Wait(Options.HoldSuspectsFor.TotalSeconds - 1, One).OfType<RecordView>());
        var view = Recorded(Wait(2, One));
        Assert.Empty(view.HeldLanes);
        Assert.Equal([0, 1], view.LanesOf(One));
    }

    [Fact]
    public void WhatAProcessDiedOfMayBeHeardAfterThatItIsDead()
    {
        Install();
        Assert.Empty(Recorded(End(Two)).Deaths);
        End(Two, Of(1));
        var view = Recorded(Recorded(2));
        Assert.Equal(new LaneDeath(0, 1, Two), Assert.Single(view.Deaths));
        Recorded(3);
        Assert.Empty(End(Two, Of(1)).OfType<RecordView>());
    }

    [Fact]
    public void AKillFromOutsideAndALaneOfADecidedStepSpeakAgainstNoLane()
    {
        Install();
        Seal(One, 1, 0);
        Assert.Empty(Recorded(End(Two, Of(1, isOwnDoing: false))).Deaths);
        Recorded(2);
        Assert.Empty(End(Two, Of(1)).OfType<RecordView>());
    }

    [Fact]
    public void TheThirdDeathStopsTheRunAndNamesTheSamples()
    {
        Install();
        Recorded(End(Two, Of(1)));
        Recorded(2);
        Assert.Empty(End(new(7), Of(1)).OfType<RunStopped>());
        var reason = Assert.Single(End(new(8), Of(1)).OfType<RunStopped>()).Reason;
        Assert.StartsWith("lane 1 of step 0 (samples ", reason, StringComparison.Ordinal);
        Assert.Contains("has ended 3 workers in the middle of it (n2, n7, n8)", reason, StringComparison.Ordinal);
        Assert.True(Coordinator.IsOver);
    }

    [Fact]
    public void DeathsOfTheRegisterCountForASuccessor()
    {
        var newest = ViewOf(7, One, Two) with { LaneOwners = [One, Two], Deaths = [new LaneDeath(0, 1, new(5)), new LaneDeath(0, 1, new(6))] };
        Coordinator = new Coordinator(Spec, Layout, Options, ProtocolRules.Safe, newest);
        Assert.Empty(End(new(6), Of(1)).OfType<RunStopped>());
        Assert.Single(End(Two, Of(1)).OfType<RunStopped>());
    }

    [Fact]
    public void OnceTheStepIsDecidedTheLaneIsLikeAnyOther()
    {
        Install();
        Recorded(End(Two, Of(1)));
        Recorded(2);
        Adopt(One, 2);
        Recorded(Ready(Three));
        Recorded(3);
        Adopt(One, 3);
        var view = Recorded(Seal(One, 3, 0));
        Assert.Empty(view.Deaths);
        Assert.Equal([One, Three], view.Workers);
    }

    [Fact]
    public void ViewsWithoutAStepStopTheRun()
    {
        // Whoever comes dies before the step is done.
        var stopped = new List<RunStopped>();
        for (var generation = 1; stopped.Count == 0; generation++)
        {
            Assert.True(generation < 100, "it never stopped");
            var (first, second) = (new NodeId(2 * generation), new NodeId((2 * generation) + 1));
            Ready(first);
            Ready(second);
            stopped.AddRange(Recorded(generation).OfType<RunStopped>());
            End(first);
            End(second);
        }

        Assert.Contains("views in a row", stopped[0].Reason, StringComparison.Ordinal);
        Assert.True(Coordinator.IsOver);
    }

    private static View Recorded(List<Effect> effects) => Assert.Single(effects.OfType<RecordView>()).View;
}
