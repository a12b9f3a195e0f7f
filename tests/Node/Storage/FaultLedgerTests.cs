using AtomGrains.Core.Membership;
using AtomGrains.Core.Options;
using AtomGrains.Core.Protocol.Coordination;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Node.Storage;

namespace AtomGrains.Node.Tests.Storage;

public sealed class FaultLedgerTests : IDisposable
{
    private static readonly NodeId Lost = new(2);
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;
    private static readonly OrderedStrike Kill = new(new FaultOrder(FaultKind.Kill, 1, 30), Now);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ALossHasItsLineWhenTheInterruptedStepIsDoneAndEveryPartitionHasItsBackup()
    {
        Use(ledger =>
        {
            Lose(ledger, Kill);
            ledger.ViewRecorded(Now);
            ledger.ViewInstalled(View(isFull: false), workers: 2, Now);
            ledger.StepDecided(30, Now);
            Assert.Empty(ledger.CloseWhatIsOver());
            ledger.ViewInstalled(View(isFull: true), workers: 2, Now);
            var line = Assert.Single(ledger.CloseWhatIsOver());
            Assert.Equal(("kill", "n2 worker 1", "ordered kill:worker=1@step=30"), (line.Kind, line.Who, line.Detail));
            Assert.Equal(("kill", 30), (ledger.Closed.Single().Kind, ledger.Closed.Single().Step));
            Assert.Empty(ledger.CloseWhatIsOver());
            Assert.Empty(ledger.CloseAll());
        });
        Assert.Single(Lines());
    }

    [Fact]
    public void ALossWhoseCoordinatorDiesBeforeItIsOverIsTheSuccessorsAndHasOneLine()
    {
        Use(ledger => Lose(ledger, Kill));
        Assert.Empty(Lines());

        Use(ledger =>
        {
            Assert.Equal(Lost, ledger.NewestLost);
            Lose(ledger, Kill); // it may be told of it as well
            Assert.Single(ledger.CloseAll());
        });
        Use(ledger => Assert.Empty(ledger.CloseAll()));
        Assert.Equal(("kill", "n2 worker 1", 30, "ordered kill:worker=1@step=30"), Told(Assert.Single(Lines())));
    }

    [Fact]
    public void AnEndIsNotToldBeforeItIsKnownWhatOf()
    {
        Use(ledger =>
        {
            Lose(ledger, strike: null);
            GetOver(ledger);
            Assert.Empty(ledger.CloseWhatIsOver());
            ledger.Ended(Lost, "device", "CudaException: gone");
            Assert.Equal(("device", "CudaException: gone"), (ledger.CloseWhatIsOver().Single().Kind, Lines().Single().Detail));
        });
    }

    [Fact]
    public void WhatWasOrderedIsWhatHappenedWhateverTheExitCodeSays()
    {
        Use(ledger =>
        {
            Lose(ledger, new OrderedStrike(new FaultOrder(FaultKind.Device, 1, 30), Now));
            ledger.Ended(Lost, "crash", "IndexException: out of range");
            ledger.CloseAll();
        });
        Assert.Equal(("device", "n2 worker 1", 30, "ordered device:worker=1@step=30: IndexException: out of range"), Told(Lines().Single()));
    }

    [Theory]
    [InlineData(LossCause.Silent, "stop")]
    [InlineData(LossCause.Hung, "hang")]
    [InlineData(LossCause.Ended, FaultLedger.UnknownEnd)]
    public void WhoWasNotStruckIsToldByHowItWasNoticed(LossCause cause, string kind)
    {
        Use(ledger =>
        {
            ledger.Lost(new MemberLost(Lost, cause, 30, new Generation(1)), 30, new LostNode(1, Now, null));
            Assert.Equal(kind, ledger.CloseAll().Single().Kind);
        });
    }

    [Fact]
    public void LeavingAndScalingAreLinesAndNoRecoveries()
    {
        Use(ledger =>
        {
            ledger.Leaves(Lost, 1, 7, new Generation(3), strike: null);
            ledger.Scaled(4, 8, new Generation(3));
            Assert.Empty(ledger.CloseAll());
            Assert.Empty(ledger.Closed);
            Assert.Null(ledger.NewestLost);
        });
        Assert.Equal([("exit", "n2 worker 1", 7, null), ("scale", "to 4 workers", 8, null)], Lines().Select(Told));
    }

    [Fact]
    public void ANodeThatHasLeftIsNotLostToTheSuccessor()
    {
        Use(ledger => ledger.Leaves(Lost, 1, 7, new Generation(3), strike: null));
        Use(ledger =>
        {
            Assert.Equal(Lost, ledger.NewestLost);

            // It may say once more that it leaves.
            ledger.Leaves(Lost, 1, 8, new Generation(4), strike: null);
            Lose(ledger, strike: null);
            Assert.Empty(ledger.CloseAll());
        });
        Assert.Equal("exit", Lines().Single().Kind);
    }

    [Fact]
    public void AnOrderThatIsKnownOnlyAtTheEndIsTheLossesOwn()
    {
        Use(ledger =>
        {
            Lose(ledger, strike: null);
            ledger.Ended(Lost, "crash", null, Kill);
            ledger.CloseAll();
        });
        Assert.Equal(("kill", "n2 worker 1", 30, "ordered kill:worker=1@step=30"), Told(Lines().Single()));
    }

    [Fact]
    public void WhatAnotherProcessIsToSayOfAnEndIsAwaitedAndStandsInTheLine()
    {
        var device = new OrderedStrike(new FaultOrder(FaultKind.Device, 1, 30), Now);
        Use(ledger =>
        {
            Lose(ledger, device);
            GetOver(ledger);
            Assert.Equal([("device", FaultLine.NodeRole)], ledger.TakeKnown());
            Assert.Empty(ledger.CloseWhatIsOver());
            ledger.Ended(Lost, "device", "CudaException: gone");
            Assert.Equal("ordered device:worker=1@step=30: CudaException: gone", ledger.CloseWhatIsOver().Single().Detail);
        }, TimeSpan.FromHours(1));
    }

    [Fact]
    public void ASuccessorAwaitsWhatItsPredecessorHadNotHeardOfAnEnd()
    {
        Use(ledger => Lose(ledger, strike: null), TimeSpan.FromHours(1));
        Use(ledger =>
        {
            GetOver(ledger);
            Assert.Empty(ledger.TakeKnown());
            Assert.Empty(ledger.CloseWhatIsOver());
            ledger.Ended(Lost, "kill", null);
            Assert.Equal("kill", ledger.CloseWhatIsOver().Single().Kind);
        }, TimeSpan.FromHours(1));
    }

    [Fact]
    public void AnEndOfWhichNothingIsSaidInTimeIsOneThatNobodySaw()
    {
        Use(ledger =>
        {
            Lose(ledger, strike: null);
            GetOver(ledger);
            Assert.Equal([(FaultLedger.UnknownEnd, FaultLine.NodeRole)], ledger.TakeKnown());
            Assert.Equal(FaultLedger.UnknownEnd, ledger.CloseWhatIsOver().Single().Kind);
        }, TimeSpan.FromTicks(1));
    }

    private static void Lose(FaultLedger ledger, OrderedStrike? strike) =>
        ledger.Lost(new MemberLost(Lost, LossCause.Ended, 30, new Generation(1)), 30, new LostNode(1, Now, strike));

    private static void GetOver(FaultLedger ledger)
    {
        ledger.ViewRecorded(Now);
        ledger.ViewInstalled(View(isFull: true), workers: 2, Now);
        ledger.StepDecided(30, Now);
    }

    private static View View(bool isFull) => new()
    {
        Generation = new Generation(2),
        Lineage = new Lineage(new Generation(1)),
        Members = [new Member(new NodeId(1), 0, "a"), new Member(new NodeId(3), 1, "b")],
        LaneOwners = [new NodeId(1), new NodeId(3)],
        Partitions = [new PartitionPlacement(new NodeId(1), isFull ? new NodeId(3) : null)],
    };

    private static (string Kind, string Who, long Step, string? Detail) Told(FaultLine line) => (line.Kind, line.Who, line.Step, line.Detail);

    /// <summary>One coordinator's life.</summary>
    private void Use(Action<FaultLedger> life, TimeSpan endIsSaidWithin = default)
    {
        using var journal = new RunJournal(_folder.Path, RunSpecs.Record().Spec);
        life(new FaultLedger(_folder.Path, journal, () => 0, endIsSaidWithin));
    }

    private IReadOnlyList<FaultLine> Lines() => JsonLines.Read(_folder.File(RunFolder.FaultsFileName), StorageJson.Default.FaultLine);
}
