using System.Collections.Concurrent;

namespace AtomGrains.EndToEnd.Tests.Support;

/// <summary>The undisturbed run of each spec, with one worker; made once and shared by all tests.</summary>
internal static class CalmRuns
{
    private static readonly ConcurrentDictionary<string, Lazy<Task<FinishedRun>>> Made = new();

    public static Task<FinishedRun> Of(Spec spec) => Made.GetOrAdd(spec.Key, _ => new Lazy<Task<FinishedRun>>(() => Make(spec))).Value;

    private static async Task<FinishedRun> Make(Spec spec)
    {
        using var run = TrainProcess.Start(spec, workers: 1);
        var calm = await run.Finish();
        calm.HasEnded();
        Assert.Empty(calm.Faults);
        Assert.Equal(spec.Steps, calm.LossBits.Count);
        return calm;
    }
}
