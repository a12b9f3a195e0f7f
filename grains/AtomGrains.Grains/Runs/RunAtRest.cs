using AtomGrains.Core.Membership;
using AtomGrains.Node.Checkpoints;
using AtomGrains.Node.Storage;

namespace AtomGrains.Grains.Runs;

/// <summary>A run as its folder tells it, for who asks while nobody coordinates it.</summary>
/// <param name="End">How it ended; null when it did not.</param>
/// <param name="Step">Steps that are decided.</param>
/// <param name="Loss">Of the newest of them; null before the first, or when it is not finite.</param>
internal sealed record RunAtRest(RunEnd? End, bool IsPaused, long Step, double? Loss)
{
    public static RunAtRest Read(RunPlan plan)
    {
        var metrics = Path.Combine(plan.Folder, RunFolder.MetricsFileName);
        var last = File.Exists(metrics) ? JsonLines.Last(metrics, StorageJson.Default.MetricsLine) : null;
        return new RunAtRest(RunEnd.Read(plan.Folder), RunWish.Read(plan.Folder).IsPaused, (last?.Step ?? -1) + 1, last?.Loss);
    }

    /// <summary>
    /// What a coordinator that begins now has to know; null when none is to begin. One of a run that has rested goes on from
    /// the newest checkpoint. One of a run all of whose nodes have died takes its newest view over, finds nobody, and goes
    /// back to that checkpoint: in both cases under a generation that only one can take.
    /// </summary>
    /// <exception cref="IOException">The store does not answer.</exception>
    public static RunPlan? Begin(ISiloRun run)
    {
        var plan = run.Plan;
        var register = new FileRegister(plan.Folder);
        var newest = register.Newest()?.Generation ?? Generation.None;
        var wish = RunWish.Read(plan.Folder);
        if (RunEnd.Read(plan.Folder) is not null || wish.IsAtRest(newest))
        {
            return null;
        }

        plan = plan with { Settings = plan.Settings with { Workers = wish.Workers ?? plan.Settings.Workers } };
        if (wish.RestedAt is not { } rested || newest == Generation.None)
        {
            return plan;
        }

        var origin = newest.Value > rested ? null : CheckpointSearch.Newest(run.Store, CheckpointSearch.History(register), plan.Elements).File?.Manifest.Origin;
        return plan with { Before = new Generation(rested), Origin = origin };
    }
}
