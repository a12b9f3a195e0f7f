namespace AtomGrains.Core.Runs;

/// <summary>What a run may do but a person should know: one sentence each.</summary>
public static class RunPlanWarnings
{
    /// <summary>Below this, the loss of one worker costs the rest more than its share (DESIGN section 2).</summary>
    public const int LanesPerWorker = 4;

    public static IReadOnlyList<string> Of(int lanes, int workers)
    {
        var warnings = new List<string>();
        if (workers > lanes)
        {
            warnings.Add($"--workers {workers}: only {lanes} can have a lane of --lanes {lanes}; the other {workers - lanes} are spares");
        }

        if (lanes < LanesPerWorker * workers)
        {
            warnings.Add(
                $"--lanes {lanes}: fewer than {LanesPerWorker} lanes a worker, so the loss of one of {Math.Min(workers, lanes)} costs " +
                $"more than its share; --lanes {Enough(workers)} would do");
        }

        return warnings;
    }

    private static uint Enough(int workers) =>
        System.Numerics.BitOperations.RoundUpToPowerOf2((uint)(LanesPerWorker * workers));
}
