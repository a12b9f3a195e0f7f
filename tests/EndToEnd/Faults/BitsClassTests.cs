using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Workers;

namespace AtomGrains.EndToEnd.Tests.Faults;

/// <summary>Hosts that compute other bits than those of the run.</summary>
public sealed class BitsClassTests
{
    [Fact]
    public Task AWorkerWhoseBitsWouldDifferTakesNoPartAndSaysWhy() => LongEnough.Run(Spec.Medium, async spec =>
    {
        using var run = TrainProcess.Start(spec, workers: 2);
        var status = await run.Trains(2, step: 3);

        // As on a host whose libraries are not those of the run: its record names others.
        var path = Path.Combine(run.Folder, RunRecord.FileName);
        var recorded = RunRecord.Read(run.Folder)!.BitsClass;
        File.WriteAllText(path, File.ReadAllText(path).Replace(recorded, "cpu libtorch 9.9", StringComparison.Ordinal));
        Assert.Equal("cpu libtorch 9.9", RunRecord.Read(run.Folder)!.BitsClass);
        await run.Strike(Signals.Kill, status.Worker(1).Pid);
        var finished = await run.Finish();

        await finished.EqualsTheCalmRun();
        finished.Fault("kill", 1);
        finished.LastedUntil("the end of its replacement", finished.Faults.Count > 1);
        Assert.Contains(
            $"this host computes as \"{recorded}\" and the run as \"cpu libtorch 9.9\": bits would differ",
            finished.Faults.Select(fault => ((string?)fault["detail"] ?? "").Replace("InvalidDataException: ", "", StringComparison.Ordinal)));
    });
}
