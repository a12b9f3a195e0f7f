using System.Globalization;
using System.Text.RegularExpressions;
using AtomGrains.EndToEnd.Tests.Support;

namespace AtomGrains.EndToEnd.Tests.Faults;

/// <summary>Samples that a job does not get over: real signals of native code, and gradients that really are not finite.</summary>
public sealed partial class PoisonTests
{
    [Fact]
    public Task ALaneThatEndsThreeWorkersStopsTheRunAndNamesItsSamples() => ALaneThatEndsThreeWorkersStopsTheRun("segv", "SIGSEGV");

    [Fact]
    [Trait("Category", "Long")]
    public Task ALaneThatAbortsThreeWorkersStopsTheRunAndNamesItsSamples() => ALaneThatEndsThreeWorkersStopsTheRun("abort", "SIGABRT");

    private static async Task ALaneThatEndsThreeWorkersStopsTheRun(string end, string signal)
    {
        var (run, resumed) = await FragileRun.StoppedAndResumed(end, times: 99, workers: 3);

        Assert.True(run.ExitCode == 1, run.ToString());
        var stopped = Stopped().Match(run.Errors);
        Assert.True(stopped.Success, run.ToString());
        var (lane, step) = (stopped.Groups["lane"].Value, long.Parse(stopped.Groups["step"].Value, CultureInfo.InvariantCulture));

        // Everybody died of the same lane, each in a view of its own, and no step was lost on the way. What a process died of is
        // known once it is gone: where that takes the system long, a fourth may have begun by then.
        Assert.InRange(run.Faults.Count, 3, 4);
        Assert.All(run.Faults, fault => Assert.Equal($"ended by {signal} while computing lane {lane} of step {step} (sample {stopped.Groups["sample"].Value})", (string)fault["detail"]!));
        Assert.All(run.Faults, fault => Assert.Equal(("device", step, 0L), ((string)fault["kind"]!, (long)fault["step"]!, (long)fault["steps_redone"]!)));
        Assert.Equal([(step, int.Parse(lane, CultureInfo.InvariantCulture))], FragileRun.Deaths(run).Select(death => (death.Step, death.Lane)).Distinct());
        Assert.InRange(FragileRun.Deaths(run).Count, 3, 4);
        Assert.Equal(step, run.Metrics.Count);
        var calm = await FragileRun.Calm();
        Assert.Equal(calm.LossBits.Take((int)step), run.LossBits);

        // It has left a checkpoint of where it stood, which a run with the data mended goes on from, to the calm bits.
        Assert.EndsWith($"; the newest checkpoint is of step {step}", run.Errors.TrimEnd(), StringComparison.Ordinal);
        resumed.HasEnded();
        Assert.Contains($"goes on from the checkpoint of step {step} of", resumed.Output, StringComparison.Ordinal);
        Assert.Equal(calm.LossBits, resumed.LossBits);
        Assert.Equal(calm.WeightsHash, resumed.WeightsHash);
    }

    [Fact]
    public async Task ALaneThatEndsTwoWorkersAndThenNoMoreChangesNoBitAndLosesNoStep()
    {
        // Of two workers each has the only copy of something once the other is dead.
        var run = await FragileRun.Of("segv", times: 2, workers: 2);

        var calm = await FragileRun.Calm();
        run.HasEnded();
        Assert.Equal(calm.LossBits, run.LossBits);
        Assert.Equal(calm.WeightsHash, run.WeightsHash);
        Assert.Equal(2, FragileRun.Deaths(run).Count);
        Assert.Single(run.Metrics.Select(line => (long)line["lineage"]!).Distinct());
        Assert.Contains("waiting for a worker that can be lost, for lane ", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ASampleWithoutAFiniteGradientCostsItsStepsUpdateAndNothingElse()
    {
        var run = await FragileRun.Of("nan", times: 99, workers: 2);
        var alone = await FragileRun.Of("nan", times: 99, workers: 1);

        run.HasEnded();
        Assert.Equal(alone.WeightsHash, run.WeightsHash);
        Assert.Equal(alone.LossBits, run.LossBits);
        Assert.NotEqual((await FragileRun.Calm()).WeightsHash, run.WeightsHash);
        Assert.Equal((39L, 1L), (run.Count("steps_committed"), run.Count("steps_skipped")));
        var line = Assert.Single(run.Metrics, line => (bool)line["skipped"]!);
        Assert.Equal("loss", (string?)line["skip_reason"]);
        var skip = Assert.Single(run.Faults);
        Assert.Equal(("skip", (long)line["step"]!), ((string)skip["kind"]!, (long)skip["step"]!));
        Assert.Matches(@"^the loss is not finite: lane \d of step \d+ \(sample \d+\)$", (string)skip["detail"]!);
        Assert.Equal((string)skip["detail"]!, (string)Assert.Single(alone.Faults)["detail"]!);
    }

    [Fact]
    public async Task TooManySkippedStepsInARowStopTheRunAndNameLanesAndSamples()
    {
        string[] faults = ["nan:worker=1@step=5", "nan:worker=0@step=6", "nan:worker=1@step=7"];
        using var run = TrainProcess.Start(Spec.Short, workers: 2, faults, ["--max-skips", "3"]);
        var finished = await run.Finish();

        Assert.True(finished.ExitCode == 1, finished.ToString());
        Assert.Matches(
            @"the run stopped: 3 steps in a row up to step 7 had a gradient or loss that is not finite: (lane \d of step [567] \(sample \d+\)(; )?){3}the newest checkpoint is of step 7\s",
            finished.Errors);
        Assert.Equal([5L, 6L, 7L], finished.Faults.Select(fault => (long)fault["step"]!));
        Assert.All(finished.Faults, fault => Assert.StartsWith("the gradient is not finite: lane ", (string)fault["detail"]!, StringComparison.Ordinal));
        Assert.Equal(["gradient", "gradient", "gradient"], finished.Metrics.Where(line => (bool)line["skipped"]!).Select(line => (string)line["skip_reason"]!));
        Assert.Equal((5L, 3L), (finished.Count("steps_committed"), finished.Count("steps_skipped")));
    }

    [GeneratedRegex(@"the run stopped: lane (?<lane>\d) of step (?<step>\d+) \(sample (?<sample>\d+)\) has ended 3 workers in the middle of it \(n\d+, n\d+, n\d+\);")]
    private static partial Regex Stopped();
}
