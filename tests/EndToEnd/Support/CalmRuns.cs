using System.Collections.Concurrent;

namespace AtomGrains.EndToEnd.Tests.Support;

/// <summary>The undisturbed run of each spec, with one worker; made once and shared by all tests.</summary>
internal static class CalmRuns
{
    // Steps that even a busy machine does within the time that anything is waited for.
    private const int Stretch = 1000;

    private static readonly ConcurrentDictionary<string, Lazy<Task<FinishedRun>>> Made = new();

    public static Task<FinishedRun> Of(Spec spec) => Made.GetOrAdd(spec.Key, _ => new Lazy<Task<FinishedRun>>(() => Make(spec))).Value;

    private static async Task<FinishedRun> Make(Spec spec)
    {
        using var run = TrainProcess.Start(spec, workers: 1);
        for (var step = Stretch; step < spec.Steps; step += Stretch)
        {
            await Eventually.Holds($"step {step} of the undisturbed run", () => run.HasExited || run.Status() is { } status && status.Step >= step, () => run.Output);
        }

        var calm = await run.Finish();
        calm.HasEnded();
        Assert.Empty(calm.Faults);
        Assert.Equal(spec.Steps, calm.LossBits.Count);
        return calm;
    }
}
