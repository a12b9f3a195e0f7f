using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Options;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Core.Runs;
using AtomGrains.Grains.Runs;
using AtomGrains.Grains.Wire;
using AtomGrains.Grains.Workers;
using AtomGrains.Node.Checkpoints;
using AtomGrains.Node.Runs;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Storage.Checkpoints;
using AtomGrains.Node.Storage.Objects;
using AtomGrains.Node.Telemetry;

namespace AtomGrains.Cluster.Tests.Runs;

/// <summary>A run's coordinator between its grain and the run folder; two of them live at once, as Orleans may have it.</summary>
public sealed class RunActorTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("atomgrains-run-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void OfTwoActivationsTheOneThatLosesTheGenerationStopsForGood()
    {
        var (firstOutput, secondOutput) = (new Output(), new Output());
        using var first = Actor(firstOutput);
        using var second = Actor(secondOutput);
        foreach (var actor in new[] { first, second })
        {
            actor.OnReport(new NodeId(1), "a", [new NodeReady("127.0.0.1:1", 0)]);
            actor.OnReport(new NodeId(2), "b", [new NodeReady("127.0.0.1:2", 1)]);
        }

        Assert.Equal(new Generation(1), first.View!.Generation);
        Assert.False(first.IsSuperseded);
        Assert.True(second.IsSuperseded);
        Assert.Contains(firstOutput.Sent, message => message is AdoptView);
        Assert.DoesNotContain(secondOutput.Sent, message => message is AdoptView or Decide);
    }

    [Fact]
    public async Task AViewThatCannotBeRecordedForAWhileIsWaitedForInWordsAndTheRunGoesOn()
    {
        var output = new Output();
        using var actor = Actor(output);
        var views = Path.Combine(_folder, FileRegister.FolderName);
        Directory.Delete(views);
        await File.WriteAllTextAsync(views, "");
        actor.OnReport(new NodeId(1), "a", [new NodeReady("127.0.0.1:1", 0)]);
        actor.OnReport(new NodeId(2), "b", [new NodeReady("127.0.0.1:2", 1)]);
        actor.OnTick();
        Assert.Null(actor.View);
        Assert.StartsWith("the register, which cannot be written: ", actor.WaitingFor, StringComparison.Ordinal);
        Assert.DoesNotContain(output.Sent, message => message is AdoptView);

        File.Delete(views);
        Directory.CreateDirectory(views);
        await Eventually.Holds("a view", () =>
        {
            actor.OnTick();
            return actor.View is not null;
        });
        Assert.Equal((new Generation(1), false, null), (actor.View!.Generation, actor.IsBroken, actor.WaitingFor));
        Assert.Equal(2, output.Sent.Count(message => message is AdoptView));
    }

    [Fact]
    public void ACoordinatorThatCannotCarryOutWhatItDecidedSaysThatItIsBroken()
    {
        using var actor = Actor(new Output());
        actor.OnReport(new NodeId(1), "a", [new NodeReady("127.0.0.1:1", 0)]);
        actor.OnReport(new NodeId(2), "b", [new NodeReady("127.0.0.1:2", 1)]);
        Assert.False(actor.IsBroken);

        // A file of that name cannot be written over it.
        Directory.CreateDirectory(Path.Combine(_folder, RunEnd.FileName));
        Assert.ThrowsAny<Exception>(() => actor.OnStop("enough"));
        Assert.True(actor.IsBroken);
    }

    [Fact]
    public void WhatIsSaidOfARunWhereNothingCanBeWrittenDoesNotEndItsTurn()
    {
        using var actor = Actor(new Output());
        Directory.CreateDirectory(Path.Combine(_folder, "waiting.txt"));
        actor.OnTick();
        Assert.Equal("devices: 0 of 2", actor.WaitingFor);
        Directory.Delete(Path.Combine(_folder, "waiting.txt"));
        actor.OnTick();
        Assert.Equal("devices: 0 of 2", RunNote.Waiting.Read(_folder));
    }

    [Fact]
    public void ACoordinatorThatWakesAfterAnotherHasTakenOverWritesNothingMore()
    {
        using var first = Actor(new Output());
        first.OnReport(new NodeId(1), "a", [new NodeReady("127.0.0.1:1", 0)]);
        first.OnReport(new NodeId(2), "b", [new NodeReady("127.0.0.1:2", 1)]);
        Assert.Equal(new Generation(1), first.View!.Generation);
        using var second = Actor(new Output());
        second.OnNodeEnded(new NodeId(2));
        second.OnReport(new NodeId(3), "c", [new NodeReady("127.0.0.1:3", 1)]);
        second.OnReport(new NodeId(1), "a", [new NodeReady("127.0.0.1:1", 0), new LeaveRequested()]);
        var left = Assert.Single(Ledger());

        first.OnReport(new NodeId(2), "b", [new LeaveRequested()]);
        Assert.True(first.IsSuperseded);
        Assert.Equal(left, Assert.Single(Ledger()));
    }

    [Fact]
    public void WhatHappensToARunIsToldToItsMeter()
    {
        using var told = new Told();
        using var actor = Actor(new Output());
        actor.OnReport(new NodeId(1), "a", [new NodeReady("127.0.0.1:1", 0)]);
        actor.OnReport(new NodeId(2), "b", [new NodeReady("127.0.0.1:2", 1)]);
        actor.OnReport(new NodeId(2), "b", [new LeaveRequested()]);
        actor.OnTick();
        Assert.Equal((2, 2, 1), (told.Now(MetricNames.Workers), told.Now(MetricNames.WorkersReady), told.Now(MetricNames.Generation)));
        Assert.Equal((1, 0), (told.Now(MetricNames.PreemptionNotices), told.Now(MetricNames.StepsCommitted)));

        // Who leaves is to be replaced.
        Assert.Equal((2, 0, 1, 0), (told.Now(MetricNames.WorkersWanted), told.Now(MetricNames.SparesWanted), told.Now(MetricNames.DevicesMissing), told.Now(MetricNames.DevicesQuarantined)));
    }

    [Theory]
    [InlineData(true, "", 0)]
    [InlineData(false, RunOrders.StopReason, 0)]
    [InlineData(false, "it cannot go on", 1)]
    public void WhenItsActorIsGoneAsWellARunThatIsPausedOrOverIsSeenToWantNobodyAndWhetherItStoppedForAFault(bool isPaused, string reason, int stopped)
    {
        using var told = new Told();
        var actor = Actor(new Output());
        actor.OnReport(new NodeId(1), "a", [new NodeReady("127.0.0.1:1", 0)]);
        actor.OnReport(new NodeId(2), "b", [new NodeReady("127.0.0.1:2", 1)]);
        actor.OnTick();
        Assert.Equal(2, told.Now(MetricNames.WorkersWanted));
        if (isPaused)
        {
            actor.OnPause();
        }
        else
        {
            actor.OnStop(reason);
        }

        // Its grain ends it in the same turn.
        var metrics = actor.Retire();
        Assert.Equal((0, 0, 0), (told.Now(MetricNames.WorkersWanted), told.Now(MetricNames.DevicesMissing), told.Now(MetricNames.WorkersReady)));
        Assert.Equal(stopped, told.Now(MetricNames.RunStopped));
        metrics.Dispose();
        Assert.False(told.Knows(MetricNames.RunStopped));
    }

    [Fact]
    public void AnActivationThatTakesOverKnowsHowOldTheNewestCheckpointIs()
    {
        var plan = Plan(new RunSettings { Workers = 2, Checkpoints = EverySteps(5) });
        using (var first = Actor(new Output(), plan))
        {
            first.OnReport(new NodeId(1), "a", [new NodeReady("127.0.0.1:1", 0)]);
            first.OnReport(new NodeId(2), "b", [new NodeReady("127.0.0.1:2", 1)]);
        }

        foreach (var minutes in new[] { 50, 20 })
        {
            var manifest = Path.Combine(_folder, $"checkpoints/manifests/l1/{60 - minutes:D12}.json");
            Directory.CreateDirectory(Path.GetDirectoryName(manifest)!);
            File.WriteAllText(manifest, "");
            File.SetLastWriteTimeUtc(manifest, DateTime.UtcNow - TimeSpan.FromMinutes(minutes));
        }

        using var told = new Told();
        using var posted = new BlockingCollection<Action>();
        using var second = Actor(new Output { Posted = posted }, plan);
        Assert.True(posted.TryTake(out var answer, TimeSpan.FromSeconds(60)), "nothing came back from the store");
        answer();
        second.OnTick();
        Assert.InRange(told.Now(MetricNames.CheckpointAgeSeconds), 1200, 1260);
    }

    [Fact]
    public void AnActivationThatTakesOverGoesOnWithANewGenerationOfTheSameHistory()
    {
        using (var first = Actor(new Output()))
        {
            first.OnReport(new NodeId(1), "a", [new NodeReady("127.0.0.1:1", 0)]);
            first.OnReport(new NodeId(2), "b", [new NodeReady("127.0.0.1:2", 1)]);
        }

        using var second = Actor(new Output());
        var before = second.View!;

        // One of the old view's nodes speaks, the other is known to be gone: nothing is left to wait for.
        second.OnNodeEnded(new NodeId(2));
        second.OnReport(new NodeId(1), "a", [new NodeReady("127.0.0.1:1", 0)]);
        Assert.Equal(before.Generation.Next, second.View!.Generation);
        Assert.Equal(before.Lineage, second.View.Lineage);
        Assert.Equal([new NodeId(1)], second.View.Workers);
    }

    [Fact]
    public void AnActivationThatTakesOverKnowsWhoseNodesADeadSiloTookAlong()
    {
        using (var first = Actor(new Output()))
        {
            first.OnOffer(Offer("a", 0));
            first.OnOffer(Offer("b", 1));
            first.OnReport(new NodeId(1), "a", [new NodeReady("127.0.0.1:1", 0)]);
            first.OnReport(new NodeId(2), "b", [new NodeReady("127.0.0.1:2", 1)]);
        }

        // Node 2 never says a word to the successor, and nobody else speaks of it.
        using var second = Actor(new Output());
        second.OnReport(new NodeId(1), "a", [new NodeReady("127.0.0.1:1", 0)]);
        Assert.Equal(new Generation(1), second.View!.Generation);
        second.OnSiloDead("b");
        Assert.Equal(new Generation(2), second.View!.Generation);
        Assert.Equal([new NodeId(1)], second.View.Workers);
    }

    [Fact]
    public void ASiloWhoseDeviceIsFreeAgainHasLostItsNodeAndGetsANewOne()
    {
        var output = new Output();
        using var actor = Actor(output);
        actor.OnOffer(Offer("a", 0));
        actor.OnOffer(Offer("b", 1));
        actor.OnReport(new NodeId(1), "a", [new NodeReady("127.0.0.1:1", 0)]);
        actor.OnReport(new NodeId(2), "b", [new NodeReady("127.0.0.1:2", 1)]);

        // Said before node 2 began to live there, and come after its report.
        actor.OnOffer(Offer("b", 1));
        Assert.Equal([new NodeId(1), new NodeId(2)], output.Started);
        Assert.Equal([new NodeId(1), new NodeId(2)], actor.View!.Workers);

        actor.OnOffer(Offer("b", 1) with { Over = 2 });
        Assert.Equal([new NodeId(1), new NodeId(2), new NodeId(3)], output.Started);
        Assert.Equal([new NodeId(1)], actor.View!.Workers);
    }

    [Fact]
    public void EachDeviceOfASiloIsANodeOfItsOwn()
    {
        var output = new Output();
        using (var first = Actor(output))
        {
            first.OnOffer(Offer("a", 0) with { Child = 0 });
            first.OnOffer(Offer("a", 1) with { Child = 1 });
            Assert.Equal([new NodeId(1), new NodeId(2)], output.Started);
            Assert.Equal([0, 1], output.Seats.Select(seat => seat.Child!.Value));
            first.OnReport(new NodeId(1), "a", [new NodeReady("127.0.0.1:1", 0, "host")]);
            first.OnReport(new NodeId(2), "a", [new NodeReady("127.0.0.1:2", 1, "host")]);
        }

        // The successor knows which device each of them is on: the one that is over is replaced, the other stays.
        using var second = Actor(output);
        second.OnReport(new NodeId(1), "a", [new NodeReady("127.0.0.1:1", 0, "host")]);
        second.OnReport(new NodeId(2), "a", [new NodeReady("127.0.0.1:2", 1, "host")]);
        second.OnOffer(Offer("a", 1) with { Child = 1, Over = 2 });
        Assert.Equal([new NodeId(1), new NodeId(2), new NodeId(3)], output.Started);
        Assert.Equal([new NodeId(1)], second.View!.Workers);
        second.OnSiloDead("a");
        Assert.All(second.View.Workers, node => Assert.Equal(new NodeId(1), node));
        Assert.Equal("devices: 0 of 2", Waited(second));
    }

    [Fact]
    public void HowAChildEndedIsSaidByItsSiloWhicheverComesFirst()
    {
        using (var actor = Actor(new Output()))
        {
            actor.OnOffer(Offer("a", 0) with { Child = 0 });
            actor.OnOffer(Offer("a", 1) with { Child = 1 });
            actor.OnReport(new NodeId(1), "a", [new NodeReady("127.0.0.1:1", 0)]);
            actor.OnReport(new NodeId(2), "a", [new NodeReady("127.0.0.1:2", 1)]);

            // A neighbour finds the port closed, and then the silo has the exit code.
            actor.OnNodeEnded(new NodeId(2));
            actor.OnNodeExited(new NodeId(2), "device", "CudaException: gone");
            actor.OnStop("that is enough");
            Assert.Equal("that is enough", actor.End?.Stopped);
        }

        var line = Assert.Single(Ledger());
        Assert.Equal(("n2 worker 1", "device", "CudaException: gone"), (line.Who, line.Kind, line.Detail));
        Assert.Equal("that is enough", RunEnd.Read(_folder)?.Stopped);
    }

    [Fact]
    public void FailedChecksOfADeviceAreLinesAndCountAndWhatIsSaidTwiceCountsOnce()
    {
        var plan = Plan(new RunSettings { Workers = 2, DeviceFailures = 3 });
        using (var actor = Actor(new Output(), plan))
        {
            actor.OnOffer(Offer("a", 0) with { Child = 0 });
            actor.OnOffer(Offer("a", 1) with { Child = 1 });
            actor.OnReport(new NodeId(1), "a", [new NodeReady("127.0.0.1:1", 0)]);
            actor.OnReport(new NodeId(2), "a", [new NodeReady("127.0.0.1:2", 1)]);
            actor.OnNodeExited(new NodeId(2), "device", "CudaException: gone");
            actor.OnCheckFailed(new NodeId(2), 1, 1, "it does not compute");
            actor.OnCheckFailed(new NodeId(2), 1, 1, "it does not compute");
        }

        Assert.Equal(["device-check"], Ledger().Select(line => line.Kind));
        using var next = Actor(new Output(), plan);
        next.OnCheckFailed(new NodeId(2), 1, 1, "it does not compute");
        next.OnCheckFailed(new NodeId(2), 1, 2, "still not");
        next.OnCheckFailed(new NodeId(2), 1, 3, "not even now");
        Assert.Equal(["device-check", "device-check", "quarantine"], Ledger().Select(line => line.Kind));
        Assert.Equal(("cpu of worker 1", "3 failures, the last: still not"), (Ledger()[^1].Who, Ledger()[^1].Detail));
    }

    [Fact]
    public void HowASiloEndedIsSaidByWhoStartedItToWhoeverCoordinatesThen()
    {
        var plan = Plan() with { EndsAreSeen = true };
        var ends = SiloEnds.Anew(_folder);
        using (var first = TwoSilos(plan))
        {
            first.OnSiloDead("b");
        }

        // The second knows of one loss from the first, and hears of the other here: nobody else would say so.
        using (var second = Actor(new Output(), plan))
        {
            ends.Record(new SiloEnd(1, 2, "kill", null));
            ends.Record(new SiloEnd(0, 1, "device", "ended by SIGABRT"));
            second.OnTick();
            second.OnReport(new NodeId(3), "c", [new NodeReady("127.0.0.1:3", 0), new WeightsExported(new Lineage(new Generation(3)), 10, "ab")]);
            Assert.NotNull(second.End);
        }

        Assert.Equal([("n1 worker 0", "device", "ended by SIGABRT"), ("n2 worker 1", "kill", null)], Ledger().Where(FaultLedger.IsRecovery).Select(line => (line.Who, line.Kind, line.Detail)).Order());
    }

    [Fact]
    public void WhatIsSaidOfASiloAtTheVeryEndStandsInItsLine()
    {
        var plan = Plan() with { EndsAreSeen = true };
        var ends = SiloEnds.Anew(_folder);
        using (var actor = TwoSilos(plan))
        {
            actor.OnNodeEnded(new NodeId(2));
            ends.Record(new SiloEnd(1, 2, "kill", null));
            actor.OnStop("enough");
            Assert.NotNull(actor.End);
        }

        Assert.Equal(("n2 worker 1", "kill"), (Assert.Single(Ledger()).Who, Ledger()[0].Kind));
    }

    [Fact]
    public void DevicesOfSilosThatFailAreLinesAndCountOnceWhoeverCoordinates()
    {
        var plan = Plan(new RunSettings { Workers = 2, DeviceFailures = 3 }) with { EndsAreSeen = true };
        var ends = SiloEnds.Anew(_folder);
        using (var first = TwoSilos(plan))
        {
            ends.Record(new SiloEnd(1, 2, "device", "CudaException: gone"));
            ends.Record(new SiloEnd(1, 2, FaultLedger.CheckKind, "it does not compute"));
            first.OnTick();
            Assert.Equal(["device-check"], Ledger().Select(line => line.Kind));
        }

        // A process in which no node had begun to live has lost nobody, and its device failed all the same.
        using var second = Actor(new Output(), plan);
        ends.Record(new SiloEnd(1, null, "device", "ended by SIGABRT"));
        second.OnTick();
        second.OnTick();
        Assert.Equal(["device-check", "quarantine"], Ledger().Select(line => line.Kind));
        Assert.Equal(("cpu of worker 1", "3 failures, the last: ended by SIGABRT"), (Ledger()[1].Who, Ledger()[1].Detail));
        Assert.False(second.OnOffer(Offer("d", 1)).IsTaken);
    }

    [Fact]
    public void ADeviceThatHasServedLongIsForgivenByTheRunAsByWhoStartsItsSilos()
    {
        var plan = Plan(new RunSettings { Workers = 2, DeviceFailures = 2 }) with { EndsAreSeen = true };
        var ends = SiloEnds.Anew(_folder);
        using var actor = TwoSilos(plan);
        ends.Record(new SiloEnd(1, 2, "device", "first"));
        ends.Record(new SiloEnd(1, null, "device", "second", Forgives: true));
        actor.OnTick();
        Assert.Empty(Ledger());
        ends.Record(new SiloEnd(1, null, "device", "third"));
        actor.OnTick();
        Assert.Equal("quarantine", Assert.Single(Ledger()).Kind);
    }

    [Fact]
    public void OfARunThatIsGivenUpWithAllItsSilosDeadTheLedgerIsCompletedAndNothingDecided()
    {
        var plan = Plan(new RunSettings { Workers = 2, DeviceFailures = 1 }) with { EndsAreSeen = true };
        var ends = SiloEnds.Anew(_folder);
        TwoSilos(plan).Dispose();
        ends.Record(new SiloEnd(0, 1, "kill", null));
        ends.Record(new SiloEnd(1, 2, "device", "CudaException: gone"));
        GivenUpRun.Complete(plan, new CheckpointStore(new DirectoryObjectStore(Path.Combine(_folder, "checkpoints"))), _ => { });
        Assert.Equal(["device", "kill", "quarantine"], Ledger().Select(line => line.Kind).Order());
        Assert.Equal([new Generation(1)], new FileRegister(_folder).Generations());
        Assert.Null(RunEnd.Read(_folder));
    }

    [Fact]
    public void ASiloWhoseEndNobodySeesIsLostToAnUnknownEnd()
    {
        using (var actor = TwoSilos(Plan()))
        {
            actor.OnSiloDead("b");
            actor.OnStop("enough");
        }

        Assert.Equal(FaultLedger.UnknownEnd, Assert.Single(Ledger()).Kind);
        Assert.False(Directory.Exists(Path.Combine(_folder, SiloEnds.FolderName)));
    }

    [Fact]
    public void ADeviceIsInDoubtOnceItsProcessWasFencedSinceItMayHaveHung()
    {
        Assert.True(new ProcessEnd("stop", null).LeavesDoubt);
        Assert.True(new ProcessEnd("device", null).LeavesDoubt);
        Assert.False(new ProcessEnd("kill", null).LeavesDoubt);
    }

    [Fact]
    public void ALossThatACoordinatorKnewOfWhenItWasLostStandsInTheLedger()
    {
        using (var first = Actor(new Output()))
        {
            first.OnReport(new NodeId(1), "a", [new NodeReady("127.0.0.1:1", 0)]);
            first.OnReport(new NodeId(2), "b", [new NodeReady("127.0.0.1:2", 1)]);
            first.OnNodeEnded(new NodeId(2));
        }

        Assert.Empty(Ledger());
        using (var second = Actor(new Output()))
        {
            second.OnNodeEnded(new NodeId(1));
            second.OnReport(new NodeId(3), "c", [new NodeReady("127.0.0.1:3", 0), new WeightsExported(new Lineage(new Generation(3)), 10, "ab")]);
            Assert.NotNull(second.End);
        }

        Assert.Equal(["n1 worker 0", "n2 worker 1"], Ledger().Select(line => line.Who).Order());
    }

    [Fact]
    public void ASiloOnWhichProcessesFailEndsNoRunThatLivesOnAnother()
    {
        using var actor = Actor(new Output());
        actor.OnOffer(Offer("good", 0));
        actor.OnReport(new NodeId(1), "good", [new NodeReady("127.0.0.1:1", 0)]);
        for (var node = 2; node < 12; node++)
        {
            actor.OnOffer(Offer("bad", 1));
            actor.OnNodeExited(new NodeId(node), "crash", "out of memory", node > 4 ? "4 worker processes in a row ended" : null);
            actor.OnTick();
        }

        Assert.Null(actor.End);
        actor.OnOffer(Offer("another", 1));
        actor.OnReport(new NodeId(12), "another", [new NodeReady("127.0.0.1:2", 1)]);
        Assert.Equal([new NodeId(1), new NodeId(12)], actor.View!.Workers);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void ARunWhoseProcessesFailWhereverTheyAreStartedIsStoppedWithTheReason(int most)
    {
        using var actor = Actor(new Output(), Plan() with { MostSiloRests = most });
        for (var node = 1; node <= most; node++)
        {
            Assert.Null(actor.End);
            actor.OnOffer(Offer($"silo {node}", 0));
            actor.OnNodeExited(new NodeId(node), "crash", "out of memory", $"rest {node}");
        }

        Assert.Equal($"rest {most}", actor.End?.Stopped);
    }

    [Fact]
    public void NoNodeIdIsGivenTwiceWhoeverGivesIt()
    {
        var (firstOutput, secondOutput) = (new Output(), new Output());
        using var first = Actor(firstOutput);
        using var second = Actor(secondOutput);
        first.OnOffer(Offer("a", 0));
        second.OnOffer(Offer("a", 0));
        first.OnOffer(Offer("b", 1));
        var nodes = firstOutput.Started.Concat(secondOutput.Started).ToList();
        Assert.Equal(3, nodes.Count);
        Assert.Equal(nodes.Count, nodes.Distinct().Count());
    }

    [Fact]
    public void ASiloWithAnotherProgramIsRefusedInWords()
    {
        var output = new Output();
        using var actor = Actor(output);
        var answer = actor.OnOffer(Offer("a", 0) with { Program = "other" });
        Assert.Contains("other", answer.Refused, StringComparison.Ordinal);
        Assert.Empty(output.Started);
    }

    [Fact]
    public void APausedRunComesToRestTakesNoDeviceAndDismissesWhoeverSpeaks()
    {
        var output = new Output();
        using var actor = Actor(output);
        actor.OnReport(new NodeId(1), "a", [new NodeReady("127.0.0.1:1", 0)]);
        actor.OnReport(new NodeId(2), "b", [new NodeReady("127.0.0.1:2", 1)]);
        actor.OnPause();
        Assert.Equal((true, null, 1), (actor.IsAtRest, actor.End, RunWish.Read(_folder).RestedAt));
        Assert.Equal(2, output.Sent.OfType<Dismiss>().Count());

        // It was on its way here, or has not heard it.
        actor.OnReport(new NodeId(3), "c", [new NodeReady("127.0.0.1:3", 0)]);
        Assert.Equal(3, output.Sent.OfType<Dismiss>().Count());
        Assert.Equal(new OfferAnswer(false, null), actor.OnOffer(Offer("c", 0)));
        Assert.Null(RunEnd.Read(_folder));
    }

    [Fact]
    public void ACoordinatorThatTakesOverDoesNotRestBeforeItHasHeardItsNodes()
    {
        using (var first = Actor(new Output()))
        {
            first.OnReport(new NodeId(1), "a", [new NodeReady("127.0.0.1:1", 0)]);
            first.OnReport(new NodeId(2), "b", [new NodeReady("127.0.0.1:2", 1)]);
        }

        // What they have would be lost: only they can make a checkpoint of it.
        using var second = Actor(new Output());
        second.OnPause();
        Assert.False(second.IsAtRest);
        second.OnStop("enough");
        Assert.Null(second.End);
    }

    [Fact]
    public async Task ARunAllOfWhoseNodesAreAboutToLeaveComesToRestAndIsToGoOnWhereverADeviceIs()
    {
        var output = new Output();
        var plan = Plan(new RunSettings { Workers = 2, Grace = TimeSpan.FromMilliseconds(1), Checkpoints = EverySteps(10) });
        using (var actor = Actor(output, plan))
        {
            actor.OnReport(new NodeId(1), "a", [new NodeReady("127.0.0.1:1", 0), new LeaveRequested()]);
            actor.OnReport(new NodeId(2), "b", [new NodeReady("127.0.0.1:2", 1), new LeaveRequested()]);
            await Eventually.Holds("rest", () =>
            {
                actor.OnTick();
                return actor.IsAtRest;
            });
        }

        Assert.Null(RunEnd.Read(_folder));
        Assert.Equal([new NodeId(1), new NodeId(2)], output.Dismissed.Order());
        var wish = RunWish.Read(_folder);
        Assert.False(wish.IsPaused);
        using var next = Actor(output, plan with { Before = new Generation(wish.RestedAt!.Value) });
        Assert.True(next.OnOffer(Offer("c", 0)).IsTaken);
    }

    [Fact]
    public void DevicesThatAreMissingAreWaitedForInWords()
    {
        using var actor = Actor(new Output());
        actor.OnOffer(Offer("a", 0));
        actor.OnTick();
        Assert.Equal("devices: 1 of 2", actor.WaitingFor);
        Assert.Equal("devices: 1 of 2", RunNote.Waiting.Read(_folder));
        actor.OnOffer(Offer("b", 1));
        actor.OnReport(new NodeId(1), "a", [new NodeReady("127.0.0.1:1", 0)]);
        actor.OnTick();
        Assert.Equal("workers: 1 of 2 ready", actor.WaitingFor);
        Assert.Null(actor.View);
        actor.OnReport(new NodeId(2), "b", [new NodeReady("127.0.0.1:2", 1)]);
        actor.OnTick();
        Assert.Null(actor.WaitingFor);
        Assert.Null(RunNote.Waiting.Read(_folder));
        actor.OnNodeEnded(new NodeId(2));
        actor.OnTick();
        Assert.Equal("devices: 1 of 2", RunNote.Waiting.Read(_folder));
    }

    [Fact]
    public void AnOrderedKillOfTheCoordinatorsSiloIsOnTheDiskWithWhoLivesThere()
    {
        // What struck under another plan, which a run is resumed with, was another order 0.
        Assert.True(new StruckFaults(_folder, new FaultPlan([new FaultOrder(FaultKind.Kill, 1, 3)])).TryStrike(0, new NodeId(1), DateTimeOffset.UtcNow));
        var (output, faults) = (new Output(), new FaultPlan([new FaultOrder(FaultKind.KillCoordinator, null, 0)]));
        using var actor = Actor(output, Plan(new RunSettings { Workers = 2, Faults = faults }));
        actor.OnReport(new NodeId(1), "b", [new NodeReady("127.0.0.1:1", 0)]);
        actor.OnReport(new NodeId(2), "a", [new NodeReady("127.0.0.1:2", 1)]);
        Assert.Equal(0, output.Kills);
        Assert.Equal($"a {Environment.ProcessId}", RunNote.Coordinator.Read(_folder));
        foreach (var (node, silo) in new[] { (new NodeId(1), "b"), (new NodeId(2), "a") })
        {
            actor.OnReport(node, silo, [new Adopted(actor.View!.Generation, [.. actor.View.ReplicasOn(node).Select(partition => new ReplicaReport(partition, 0, false, null))])]);
        }

        Assert.Equal(1, output.Kills);
        Assert.Equal("2", new StruckFaults(_folder, faults).Whom(0));
    }

    [Fact]
    public void ADeviceThatIsMissingAndWasRefusedIsWaitedForWithTheReason()
    {
        using var actor = Actor(new Output());
        actor.OnOffer(Offer("a", 0));
        Assert.NotNull(actor.OnOffer(Offer("b", 1) with { Program = "other" }).Refused);
        actor.OnTick();
        Assert.Equal("devices: 1 of 2 (1 offered has another build of the job)", actor.WaitingFor);

        // Nothing is missing any more, whoever was refused.
        actor.OnOffer(Offer("b", 1));
        actor.OnTick();
        Assert.StartsWith("workers: ", actor.WaitingFor, StringComparison.Ordinal);
    }

    [Fact]
    public void ADeviceOfAnotherKindThanTheRunsIsRefusedInWords()
    {
        var output = new Output();
        using var actor = Actor(output);
        Assert.Equal("the run computes on cpu, this silo offers cuda:0", actor.OnOffer(Offer("a", 0) with { Device = "cuda:0" }).Refused);
        Assert.Empty(output.Started);
    }

    [Fact]
    public void ADeviceWithLessMemoryThanTheRunAsksForIsRefusedInWordsAndOneWithEnoughIsTaken()
    {
        var output = new Output();
        using var actor = Actor(output, Plan(new RunSettings { Workers = 3, DeviceMemoryBytes = 16L << 30 }));
        actor.OnOffer(Offer("a", 0) with { MemoryBytes = 16L << 30 });
        Assert.Equal(
            "the run asks for a device with 16GiB of memory, cpu of this silo has 15.9GiB",
            actor.OnOffer(Offer("b", 1) with { MemoryBytes = (16L << 30) - 1 }).Refused);
        Assert.Equal("devices: 1 of 3 (1 offered has less than 16GiB of memory)", Waited(actor));
        Assert.Equal(
            "the run asks for a device with 16GiB of memory, this silo cannot tell how much cpu has",
            actor.OnOffer(Offer("c", 2) with { MemoryBytes = 0 }).Refused);
        Assert.Equal("devices: 1 of 3 (2 offered have less than 16GiB of memory or memory that nobody can tell)", Waited(actor));

        // Whoever comes first with enough of it is taken, however much more others have.
        Assert.True(actor.OnOffer(Offer("d", 1) with { MemoryBytes = 17L << 30 }).IsTaken);
        Assert.True(actor.OnOffer(Offer("e", 2) with { MemoryBytes = 16L << 30 }).IsTaken);
        Assert.False(actor.OnOffer(Offer("f", 3) with { MemoryBytes = 80L << 30 }).IsTaken);
        Assert.Equal(["a", "d", "e"], output.Seats.Select(seat => seat.Silo));
    }

    [Fact]
    public void ARunThatAsksForNoMemoryTakesADeviceOfWhichNobodyCanTell()
    {
        using var actor = Actor(new Output());
        Assert.True(actor.OnOffer(Offer("a", 0) with { MemoryBytes = 0 }).IsTaken);
    }

    private static string? Waited(RunActor actor)
    {
        actor.OnTick();
        return actor.WaitingFor;
    }

    [Fact]
    public void WhatAProcessDiedOfIsReadFromTheFolderAndCountsOnceWhoeverReadsIt()
    {
        var deaths = new NodeDeaths(_folder);
        using (var first = Actor(new Output()))
        {
            first.OnReport(new NodeId(1), "a", [new NodeReady("127.0.0.1:1", 0)]);
            first.OnReport(new NodeId(2), "b", [new NodeReady("127.0.0.1:2", 1)]);
            first.OnNodeEnded(new NodeId(2));
            deaths.Record(new NodeId(2), new NodeDeath(true, 0, 3));
            deaths.Record(new NodeId(3), new NodeDeath(false, 0, 3));
            first.OnTick();
            Assert.Equal(new LaneDeath(0, 3, new NodeId(2)), Assert.Single(first.View!.Deaths));
            Assert.Equal(3, Assert.Single(first.View.HeldLanes));
        }

        using var second = Actor(new Output());
        deaths.Record(new NodeId(4), new NodeDeath(true, 0, 3));
        second.OnTick();
        Assert.Null(second.End);
        deaths.Record(new NodeId(5), new NodeDeath(true, 0, 3));
        second.OnTick();
        Assert.StartsWith("lane 3 of step 0 (sample ", second.End!.Stopped, StringComparison.Ordinal);
        Assert.Contains("has ended 3 workers in the middle of it (n2, n4, n5)", second.End.Stopped, StringComparison.Ordinal);
    }

    [Fact]
    public void ACoordinatorThatComesBackToARunAllOfWhichDiedSaysHowManyStepsThatCost()
    {
        using var told = new Told();
        TwoSilos(Plan()).Dispose();
        Decided(lineage: 1, steps: 7);
        using (var second = Actor(new Output()))
        {
            Assert.Equal(7, second.Step);
            second.OnSiloDead("a");
            second.OnSiloDead("b");
            second.OnReport(new NodeId(3), "c", [new NodeReady("127.0.0.1:3", 0)]);
            Assert.Equal((new Lineage(new Generation(2)), 0), (second.View!.Lineage, second.Step));
            Assert.Equal(7, told.Now(MetricNames.StepsLost));
            second.OnReport(new NodeId(3), "c", [new WeightsExported(new Lineage(new Generation(2)), 10, "ab")]);
            Assert.NotNull(second.End);
        }

        Assert.Equal([("n1 worker 0", 7, 7), ("n2 worker 1", 7, 7)], Ledger().Select(line => (line.Who, line.Step, line.StepsRedone)).Order());
    }

    [Fact]
    public void LinesOfAHistoryThatWasGivenUpAreNoStepsOfTheOneThatACoordinatorComesBackTo()
    {
        var plan = Plan() with { Origin = new LineageOrigin(new CheckpointId(new Lineage(new Generation(9)), 4), 4, 0) };
        TwoSilos(plan).Dispose();
        Decided(lineage: 9, steps: 8);
        using (var second = Actor(new Output(), plan))
        {
            Assert.Equal(4, second.Step);
            second.OnSiloDead("b");
            second.OnReport(new NodeId(1), "a", [new NodeReady("127.0.0.1:1", 0)]);
            second.OnReport(new NodeId(1), "a", [new WeightsExported(new Lineage(new Generation(1)), 10, "ab")]);
            Assert.NotNull(second.End);
        }

        // It goes on from its partitions' copies, and its history is the same one.
        Assert.Equal(("n2 worker 1", 4, 0), Ledger().Select(line => (line.Who, line.Step, line.StepsRedone)).Single());
    }

    [Fact]
    public void AnAttemptThatFindsNothingAliveSaysOnceWhatItGivesUpWhoeverCoordinatesIt()
    {
        using var told = new Told();
        TwoSilos(Plan()).Dispose();
        Decided(lineage: 1, steps: 7);
        var next = Plan() with { Before = new Generation(1) };
        Actor(new Output(), next with { Origin = new LineageOrigin(new CheckpointId(new Lineage(new Generation(1)), 7), 7, 0) }).Dispose();
        Assert.Empty(Ledger());
        for (var activation = 0; activation < 2; activation++)
        {
            using var actor = Actor(new Output(), next with { Origin = new LineageOrigin(new CheckpointId(new Lineage(new Generation(1)), 5), 5, 0) });
            Assert.Equal((null, 5), (actor.View, actor.Step));
        }

        Assert.Equal((FaultLedger.RollbackKind, "view 1", 7, 2), Ledger().Select(line => (line.Kind, line.Who, line.Step, line.StepsRedone)).Single());
        Assert.Equal(2, told.Now(MetricNames.StepsLost));

        // Its own views are taken over, and nothing is given up any more.
        TwoSilos(next, generation: 2, first: 3).Dispose();
        using var second = Actor(new Output(), next);
        Assert.Equal(new Generation(2), second.View!.Generation);
        Assert.Single(Ledger());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TheDecisionThatNodesWithoutACoordinatorHaveLeftHasItsLineOnceWhoeverCoordinates(bool roots)
    {
        TwoSilos(Plan()).Dispose();
        Decided(lineage: 1, steps: 6);
        var plan = Plan(new RunSettings { Workers = 2, Roots = roots }) with
        {
            Before = new Generation(1),
            Origin = new LineageOrigin(new CheckpointId(new Lineage(new Generation(1)), 7), 7, 0),
            Led = Committed(1, 6),
        };
        Actor(new Output(), plan).Dispose();
        TwoSilos(plan, generation: 2, first: 3).Dispose();
        using (var actor = Actor(new Output(), plan))
        {
            actor.OnSiloDead("b");
            actor.OnReport(new NodeId(3), "a", [new NodeReady("127.0.0.1:1", 0), new WeightsExported(new Lineage(new Generation(2)), 10, "ab")]);
            Assert.NotNull(actor.End);
        }

        var lines = JsonLines.Read(Path.Combine(_folder, RunFolder.MetricsFileName), StorageJson.Default.MetricsLine);
        Assert.Equal(Enumerable.Range(0, 7).Select(step => (long)step), lines.Select(line => line.Step));
        Assert.Equal(MetricsLine.BitsOf(1.25), lines[^1].LossBits);
        Assert.DoesNotContain(Ledger(), line => line.Kind == FaultLedger.RollbackKind);
    }

    [Fact]
    public void WhereWhoeverStartedTheSilosIsGoneNoCoordinatorGoesBackWhileTheirNodesEnd()
    {
        using var actor = TwoSilos(Plan() with { EndsAreSeen = true });
        RunNote.Abandoned.TryWrite(_folder, "another attempt");
        actor.OnNodeEnded(new NodeId(2));
        Assert.Equal(new Generation(2), actor.View!.Generation);
        RunNote.Abandoned.TryWrite(_folder, Plan().RunId);
        actor.OnReport(new NodeId(3), "c", [new NodeReady("127.0.0.1:3", 1)]);
        actor.OnNodeEnded(new NodeId(1));
        actor.OnTick();
        Assert.Equal(new Generation(2), actor.View.Generation);
        Assert.Equal([new Generation(1), new Generation(2)], new FileRegister(_folder).Generations());
    }

    [Fact]
    public void ARunThatIsOverGivesNothingUp()
    {
        using (var first = TwoSilos(Plan()))
        {
            first.OnStop("enough");
            Assert.NotNull(first.End);
        }

        Decided(lineage: 1, steps: 7);
        using var second = Actor(new Output(), Plan() with { Before = new Generation(1) });
        Assert.Equal("enough", second.End?.Stopped);
        Assert.Empty(Ledger());
    }

    [Fact]
    public void AnAttemptThatGoesOnDoesNotForgetWhichLanesHaveEndedWorkers()
    {
        var deaths = new NodeDeaths(_folder);
        Generation newest;
        using (var first = TwoSilos(Plan()))
        {
            deaths.Record(new NodeId(2), new NodeDeath(true, 0, 3));
            first.OnTick();
            newest = first.View!.Generation;
            Assert.Equal(new LaneDeath(0, 3, new NodeId(2)), Assert.Single(first.View.Deaths));
        }

        // As where the run is resumed: those that were recorded for its coordinators are not read again.
        NodeDeaths.Forget(_folder);
        using var second = TwoSilos(Plan() with { Before = newest }, newest.Value + 1, first: 3);
        Assert.Equal(new LaneDeath(0, 3, new NodeId(2)), Assert.Single(second.View!.Deaths));
    }

    // What a predecessor has written of its decisions.
    private void Decided(long lineage, long steps)
    {
        using var journal = new RunJournal(_folder, Plan().Spec);
        for (var step = 0L; step < steps; step++)
        {
            journal.Decided(Committed(lineage, step), new Generation(lineage), DateTimeOffset.UtcNow);
        }
    }

    private static Decision Committed(long lineage, long step) => new(
        new Lineage(new Generation(lineage)), step, DecisionKind.Commit, new UpdateScalars(1e-3f, 1, 1, 1), 1.25, 1, step + 1, 0, DecisionDigest.Genesis(new Lineage(new Generation(lineage))));

    private RunActor TwoSilos(RunPlan plan, long generation = 1, int first = 1)
    {
        var actor = Actor(new Output(), plan);
        actor.OnOffer(Offer("a", 0));
        actor.OnOffer(Offer("b", 1));
        actor.OnReport(new NodeId(first), "a", [new NodeReady("127.0.0.1:1", 0)]);
        actor.OnReport(new NodeId(first + 1), "b", [new NodeReady("127.0.0.1:2", 1)]);
        Assert.Equal(new Generation(generation), actor.View!.Generation);
        return actor;
    }

    private IReadOnlyList<FaultLine> Ledger() =>
        JsonLines.Read(Path.Combine(_folder, RunFolder.FaultsFileName), StorageJson.Default.FaultLine);

    private static DeviceOffer Offer(string silo, int ordinal) => new(silo, "host", ordinal, "cpu", 1 << 30, "program");

    private static CheckpointPlan EverySteps(int steps) => new() { Cadence = new CheckpointOptions { EverySteps = steps } };

    private RunPlan Plan(RunSettings? settings = null) => new()
    {
        RunId = "run",
        Spec = new RunSpec
        {
            Lanes = 4,
            GlobalBatch = 4,
            Partitions = 2,
            Steps = 10,
            BlockElements = 64,
            Model = new ModelSpec(),
            Optimizer = new OptimizerSpec(),
            Evaluation = new EvaluationSpec(),
            Data = new DataSpec { TrainSamples = 100 },
        },
        Folder = _folder,
        Elements = 1024,
        Settings = settings ?? new RunSettings { Workers = 2 },
        Before = Generation.None,
        Program = "program",
    };

    private RunActor Actor(IRunOutput output, RunPlan? plan = null) => new(plan ?? Plan(), output, new CheckpointStore(new DirectoryObjectStore(Path.Combine(_folder, "checkpoints"))));

    /// <summary>What the run's meter has come to.</summary>
    private sealed class Told : IDisposable
    {
        private readonly Dictionary<string, double> _measured = [];
        private readonly MeterListener _listener = new();

        public Told()
        {
            _listener.InstrumentPublished = (instrument, listening) =>
            {
                if (instrument.Meter.Name == MetricNames.Meter && Equals(instrument.Meter.Scope, "run"))
                {
                    listening.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => _measured[instrument.Name] = value);
            _listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => _measured[instrument.Name] = _measured.GetValueOrDefault(instrument.Name) + value);
            _listener.Start();
        }

        public double Now(string name)
        {
            _listener.RecordObservableInstruments();
            return _measured[name];
        }

        /// <summary>Whether there is a value now.</summary>
        public bool Knows(string name)
        {
            _measured.Remove(name);
            _listener.RecordObservableInstruments();
            return _measured.ContainsKey(name);
        }

        public void Dispose() => _listener.Dispose();
    }

    private sealed class Output : IRunOutput
    {
        public List<ControlMessage> Sent { get; } = [];

        public List<NodeId> Started { get; } = [];

        public List<NodeId> Dismissed { get; } = [];

        public void Send(NodeId to, ControlMessage message)
        {
            Sent.Add(message);
            if (message is Dismiss)
            {
                Dismissed.Add(to);
            }
        }

        public List<Seat> Seats { get; } = [];

        public void Start(NodeId node, Seat seat)
        {
            Started.Add(node);
            Seats.Add(seat);
        }

        public string Silo => "a";

        public int Kills { get; private set; }

        public void KillSilo() => Kills++;

        public void Note(string text)
        {
        }

        /// <summary>What comes back from the store; null where nothing does.</summary>
        public BlockingCollection<Action>? Posted { get; init; }

        public void Post(Action action) => (Posted ?? throw new InvalidOperationException("no checkpoint was wanted")).Add(action);
    }
}
