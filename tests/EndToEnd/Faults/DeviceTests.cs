using System.Diagnostics;
using System.Text.Json;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Options;
using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Local;
using AtomGrains.Local.Devices;
using AtomGrains.Node.Runs;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Workers;

namespace AtomGrains.EndToEnd.Tests.Faults;

/// <summary>Devices that fail: none is used again before it has passed a check, and none that fails too often.</summary>
public sealed class DeviceTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch;

    [Fact]
    public Task ADeviceThatFailsItsChecksIsQuarantinedAndTheOthersEndTheRunWithCalmBits() => LongEnough.Run(Spec.Medium, async spec =>
    {
        var run = await FragileRun.OnABrokenMachine(spec, "--workers", "3", "--fault", "device:worker=1@step=5", "--device-failures", "2");

        await run.EqualsTheCalmRun();
        run.Fault("device", 1, "device:worker=1@step=5");
        run.LastedUntil("the quarantine", run.FaultKinds.Contains("quarantine"));
        Assert.Equal(["device", "device-check", "quarantine"], run.FaultKinds.Order(StringComparer.Ordinal));
        var quarantine = run.Faults.Single(fault => (string)fault["kind"]! == "quarantine");
        Assert.Equal(("cpu of worker 1", "2 failures, the last: it does not compute"), ((string)quarantine["who"]!, (string)quarantine["detail"]!));
        Assert.Equal((3L, 1L), (run.Count("workers_started"), run.Count("faults")));
        Assert.Equal(2, run.WorkersOfViews[^1]);
    });

    [Fact]
    public async Task AStepLoopThatHangsIsAFailureOfItsDevice()
    {
        var run = await FragileRun.Of("hang", times: 1, workers: 2, "--device-failures", "1");

        run.HasEnded();
        Assert.Equal(["hang", "quarantine"], run.FaultKinds.Order(StringComparer.Ordinal));
        var (hang, quarantine) = (run.Faults.Single(fault => (string)fault["kind"]! == "hang"), run.Faults.Single(fault => (string)fault["kind"]! == "quarantine"));
        Assert.EndsWith(((string)quarantine["who"]!)["cpu of".Length..], (string)hang["who"]!, StringComparison.Ordinal);
        Assert.Equal("1 failures, the last: its step loop did not get on", (string)quarantine["detail"]!);
        Assert.Equal(2, run.Count("workers_started"));
        Assert.Equal((await FragileRun.Calm()).WeightsHash, run.WeightsHash);
    }

    [Fact]
    public async Task ARunWithoutADeviceThatMayBeUsedStopsWithTheReason()
    {
        var run = await FragileRun.OnABrokenMachine(Spec.Short, "--workers", "1", "--fault", "device:worker=0@step=5", "--device-failures", "1");

        Assert.True(run.ExitCode == 1, run.ToString());
        Assert.Contains("the run stopped: every device is quarantined; the cpu of worker 0 had 1 failures, the last: ", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnEngineThatSaysSomethingElseThanItIsAskedIsALineAndExitCodeTwo()
    {
        var run = await FragileRun.OnALoudMachine(Spec.Short, "--workers", "1");
        Assert.Equal((2, "error: --device cpu: the tensor engine's process said what is no answer: welcome to the engine\n"), (run.ExitCode, run.Errors));
    }

    [Fact]
    public async Task AWorkerThatCannotReadItsRunSpeaksAgainstNoDevice()
    {
        var folder = TrainProcess.NewFolder();
        var assignment = new NodeAssignment
        {
            Node = 1,
            Slot = 0,
            RunId = "run",
            Listen = "127.0.0.1",
            Secret = new string('0', 64),
            Faults = [],
            RunFolder = folder,
            Store = folder,
            Struck = "struck",
            Device = "cpu",
            OrphanGrace = TimeSpan.FromSeconds(1),
            Grace = TimeSpan.FromSeconds(1),
        };
        var info = AtomProgram.StartInfo(["worker"]);
        info.RedirectStandardInput = true;
        using var worker = Process.Start(info)!;
        await worker.StandardInput.WriteAsync(JsonSerializer.Serialize(assignment, AssignmentJson.Default.NodeAssignment));
        worker.StandardInput.Close();
        var errors = await worker.StandardError.ReadToEndAsync();
        await worker.WaitForExitAsync();
        Assert.StartsWith("error: worker: ", Assert.Single(errors.TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.Equal("crash", FaultNames.OfExit(worker.ExitCode));
    }

    [Theory]
    [InlineData("cpu", 0, "")]
    [InlineData("cuda:77", 1, "ArgumentException: device cuda:77 isn't there")]
    public async Task ADeviceIsCheckedInAProcessOfItsOwn(string device, int exitCode, string errors)
    {
        var ended = await AtomProgram.Run("device-check", device);
        Assert.Equal(exitCode, ended.ExitCode);
        Assert.StartsWith(errors, ended.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void ADeviceWhoseStepLoopHangsIsCheckedBeforeItIsUsedAgainAndCountsOnce()
    {
        var (watch, posted) = Watch(2);
        var node = Ended("exit 71", NodeProcess.ExitFenced);
        watch.Hung(node);
        Assert.False(watch.Places.MayStart(0, DateTimeOffset.UtcNow));
        watch.Ended(node, DateTimeOffset.UtcNow);
        Assert.Equal([0], watch.Places.TakeToCheck(DateTimeOffset.UtcNow));
        watch.Places.Checked(0, null, DateTimeOffset.UtcNow);
        Assert.True(watch.Places.MayStart(0, DateTimeOffset.UtcNow));
        Assert.Single(posted);
        watch.Hung(Ended("exit 71", NodeProcess.ExitFenced, node: 2));
        Assert.Equal([(0, "its step loop did not get on")], watch.Places.Quarantined);
    }

    [Fact]
    public void APlaceIsUsedAgainOnceItsDeviceHasPassedACheck()
    {
        var places = new Places(new FailedDevices(null, "", 3));
        places.Ended(1, new NodeId(1), TimeSpan.FromSeconds(5), "CUDA error", Start);
        Assert.Equal((true, false), (places.MayStart(0, Start), places.MayStart(1, Start)));
        Assert.Equal([1], places.TakeToCheck(Start));
        Assert.Empty(places.TakeToCheck(Start));
        places.Checked(1, null, Start);
        Assert.True(places.MayStart(1, Start));
    }

    [Fact]
    public void ADeviceIsQuarantinedAfterSoManyFailuresAndFailedChecksAreSome()
    {
        var places = new Places(new FailedDevices(null, "", 3));
        places.Ended(1, new NodeId(2), TimeSpan.FromSeconds(5), "first", Start);
        Assert.Single(places.TakeToCheck(Start));
        places.Checked(1, "second", Start);
        Assert.Empty(places.TakeToCheck(Start));
        var later = Start + TimeSpan.FromSeconds(1);
        Assert.Single(places.TakeToCheck(later));
        places.Checked(1, "third", later);
        Assert.Equal([(1, "third")], places.Quarantined);
        Assert.Empty(places.TakeToCheck(later + TimeSpan.FromHours(1)));
        Assert.False(places.MayStart(1, later + TimeSpan.FromHours(1)));
    }

    [Fact]
    public void ADeviceThatHasServedLongIsForgivenWhatItDidBefore()
    {
        var places = new Places(new FailedDevices(null, "", 2));
        places.Ended(0, new NodeId(3), TimeSpan.FromMinutes(1), "first", Start);
        places.Ended(0, new NodeId(4), TimeSpan.FromMinutes(11), "second", Start);
        Assert.False(places.IsQuarantined(0));
        places.Ended(0, new NodeId(5), TimeSpan.FromMinutes(1), "third", Start);
        Assert.True(places.IsQuarantined(0));
    }

    [Fact]
    public void PausesOfAPlaceWhoseProcessesDoNotLiveLongGrow()
    {
        var places = new Places(new FailedDevices(null, "", 3));
        var pauses = new List<double>();
        var now = Start;
        for (var death = 0; death < 9; death++)
        {
            places.Ended(0, new NodeId(6 + death), TimeSpan.FromSeconds(2), null, now);
            var began = now;
            for (; !places.MayStart(0, now); now += TimeSpan.FromSeconds(1))
            {
                Assert.True(places.MayStart(1, now), "the other places wait for nobody");
            }

            pauses.Add((now - began).TotalSeconds);
        }

        Assert.Equal([0, 1, 2, 4, 8, 16, 32, 60, 60], pauses);
        places.Ended(0, new NodeId(99), TimeSpan.FromSeconds(61), null, now);
        Assert.True(places.MayStart(0, now));
    }

    [Fact]
    public void WorkersThatAreKilledBeforeTheyAreOfAnyUseWaitLongerEachTimeAndOthersDoNot()
    {
        const int Killed = 128 + Signals.Kill;
        var (watch, _) = Watch(1);
        bool[] early = [Dies(0, 1), Dies(0, 2), Dies(0, 3)];
        bool[] late = [Dies(1, 4, node => node.HasServed = true), Dies(1, 5, node => node.HasServed = true), Dies(1, 6, node => node.HasServed = true)];
        bool[] ordered = [Dies(2, 7, Order), Dies(2, 8, Order), Dies(2, 9, Order)];
        Assert.Equal([true, false, false], early);
        Assert.Equal([true, true, true], late);
        Assert.Equal([true, true, true], ordered);
        Assert.Empty(watch.Places.TakeToCheck(DateTimeOffset.UtcNow + TimeSpan.FromHours(1)));
        Assert.True(watch.Places.MayStart(0, DateTimeOffset.UtcNow + TimeSpan.FromMinutes(1)));
        Assert.True(watch.Places.MayStart(3, DateTimeOffset.UtcNow), "the other places wait for nobody");

        void Order(NodeHandle node) => node.Strike = new OrderedStrike(new FaultOrder(FaultKind.Kill, node.Slot, 0), DateTimeOffset.UtcNow);

        bool Dies(int slot, int number, Action<NodeHandle>? change = null)
        {
            var node = Ended("kill -KILL $$", Killed, number, slot);
            change?.Invoke(node);
            watch.Ended(node, node.Started);
            return watch.Places.MayStart(slot, node.Started);
        }
    }

    private static (DeviceWatch Watch, List<Action> Posted) Watch(int most)
    {
        var posted = new List<Action>();
        var options = new SupervisorOptions { Settings = new RunSettings { Workers = 2, DeviceFailures = most }, NodeEnvironment = new Dictionary<string, string>() };
        return (new DeviceWatch(options, new FailedDevices(null, "", most), null!, posted.Add, (_, _, _) => { }, (_, _) => { }), posted);
    }

    private static NodeHandle Ended(string how, int exitCode, int node = 1, int slot = 0)
    {
        var process = Process.Start("/bin/sh", ["-c", how]);
        process.WaitForExit();
        var handle = new NodeHandle(new NodeId(node), slot, process, null, DateTimeOffset.UtcNow);
        handle.End();
        Assert.Equal(exitCode, handle.ExitCode);
        return handle;
    }
}
