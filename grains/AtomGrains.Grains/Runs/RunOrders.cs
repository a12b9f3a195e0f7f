using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Audits;
using AtomGrains.Grains.Wire;
using AtomGrains.Node.Storage;

namespace AtomGrains.Grains.Runs;

/// <summary>What an order makes of what was wanted of a run before.</summary>
internal static class RunOrders
{
    public const string StopReason = "it was asked to stop";

    /// <returns>What is wanted from now on, and why it cannot be, in a line; null when it can.</returns>
    public static (RunWish Wish, string? Refused) Apply(RunOrder order, RunPlan plan, RunWish wish, RunEnd? end)
    {
        if (end is { Stopped: { } why } && order.Kind == RunOrderKind.Resume && !why.StartsWith(StopReason, StringComparison.Ordinal))
        {
            return (wish with { IsPaused = false, RestedAt = new FileRegister(plan.Folder).Newest()?.Generation.Value }, null);
        }

        if (end is { Stopped: { } cause } && order.Kind == RunOrderKind.ResumeInNewEnvironment && !cause.StartsWith(StopReason, StringComparison.Ordinal))
        {
            // It rests as it is.
            return (wish, null);
        }

        if (end is not null)
        {
            // Asked for once more, a stop has nothing left to do.
            return (wish, order.Kind == RunOrderKind.Stop && end.Stopped is not null ? null
                : end.Stopped is { } reason ? $"run {plan.RunId} is over: {reason}" : $"run {plan.RunId} is over: it has finished");
        }

        return order.Kind switch
        {
            RunOrderKind.Scale => order.Workers >= 1 && order.Workers <= plan.Spec.Lanes
                ? (wish with { Workers = order.Workers }, null)
                : (wish, $"{order.Workers} workers: must be from 1 to {plan.Spec.Lanes}, the run's lanes"),
            RunOrderKind.Pause => plan.Settings.Checkpoints.Cadence is not null
                ? (wish with { IsPaused = true }, null)
                : (wish, $"run {plan.RunId} makes no checkpoints (checkpoint-every: 0): paused, it would lose every step"),
            RunOrderKind.Resume => (wish with { IsPaused = false }, null),
            RunOrderKind.ResumeInNewEnvironment => (wish with { IsPaused = true }, null),
            RunOrderKind.Stop => (wish, null),
            _ => (wish, $"no such order: {order.Kind}"),
        };
    }

    /// <summary>
    /// Takes the end of a run that had stopped by itself away: it goes on as one that rested, from its newest checkpoint. Lanes
    /// that ended their workers once too often get another chance; what the newest view knows of them is not forgotten.
    /// </summary>
    public static void Reopen(RunPlan plan)
    {
        NodeDeaths.Forget(plan.Folder);
        RunEnd.Delete(plan.Folder);
    }

    /// <summary>The end of a run that nobody coordinates.</summary>
    public static void StopAtRest(RunPlan plan)
    {
        if (RunEnd.Read(plan.Folder) is null)
        {
            using var journal = new RunJournal(plan.Folder, plan.Spec);
            var ledger = new FaultLedger(plan.Folder, journal, () => 0);
            var report = RunReport.Of(journal, ledger, new NodeCounters(), new NodeNumbers(plan.Folder).Given, weights: null, double.NaN, new AuditCounts());
            new RunEnd(StopReason, report, 0).Write(plan.Folder);
        }
    }
}
