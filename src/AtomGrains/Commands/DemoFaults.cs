using System.Globalization;
using AtomGrains.Core.Options;
using AtomGrains.Node.Storage;

namespace AtomGrains.Commands;

/// <summary>Ordered faults as a person says them, and whether they happened.</summary>
internal static class DemoFaults
{
    /// <summary>
    /// What was ordered and did not happen, in words. What the ledger of the run has no line of is not taken for having
    /// happened, whoever said so.
    /// </summary>
    /// <param name="wakes">Whether the ledger says who was woken: that of silos does not.</param>
    public static IReadOnlyList<string> Missing(FaultPlan plan, IReadOnlyList<FaultLine> ledger, bool wakes)
    {
        // Each line proves one order: the same may be given twice.
        var left = ledger.ToList();
        var missing = new List<string>();
        foreach (var order in plan.Orders)
        {
            if (!Take(line => line.Kind != FaultLedger.WakeKind && Proves(line, order)))
            {
                missing.Add($"{order}: the ledger has no such fault");
            }
            else if (wakes && order.Kind == FaultKind.StopAndWake && !Take(line => line.Kind == FaultLedger.WakeKind && FaultLedger.IsOf(order, line)))
            {
                missing.Add($"{order}: it was paused and did not wake before the end of the run");
            }
        }

        return missing;

        bool Take(Predicate<FaultLine> which) => left.FindIndex(which) is >= 0 and var place && Remove(place);

        bool Remove(int place)
        {
            left.RemoveAt(place);
            return true;
        }
    }

    private static bool Proves(FaultLine line, FaultOrder order) => order.Kind switch
    {
        FaultKind.Scale => line.Kind == FaultPlan.NameOf(FaultKind.Scale) && line.Who == string.Create(CultureInfo.InvariantCulture, $"to {order.Workers} workers"),

        // Nobody dies of it; what it does is that a step is skipped.
        FaultKind.NotANumber => line.Kind == FaultLedger.SkipKind && line.Step >= order.Step,
        _ => FaultLedger.IsOf(order, line),
    };

    public static string InWords(FaultOrder fault)
    {
        var where = fault.Point is { } point ? $", at its {point.ToString().ToLowerInvariant()}" : "";
        var what = fault.Kind switch
        {
            FaultKind.Kill => $"worker {fault.Worker} is killed (SIGKILL)",
            FaultKind.KillSupervisor => "the supervisor is killed (SIGKILL)",
            FaultKind.KillCoordinator => "the silo that hosts the run's coordinator is killed (SIGKILL)",
            FaultKind.Stop => $"worker {fault.Worker} is paused for good (SIGSTOP)",
            FaultKind.StopAndWake => $"worker {fault.Worker} is paused (SIGSTOP) and wakes after its replacement has joined",
            FaultKind.Exit => $"worker {fault.Worker} is asked to leave (SIGTERM)",
            FaultKind.Device => $"worker {fault.Worker}'s device fails",
            FaultKind.DeviceAbort => $"worker {fault.Worker}'s tensor engine aborts (SIGABRT)",
            FaultKind.Scale => $"the number of workers becomes {fault.Workers}",
            _ => fault.ToString(),
        };
        return $"step {fault.Step,4}{where}: {what}";
    }
}
