using AtomGrains.Core.Options;

namespace AtomGrains.Commands;

/// <summary>Ordered faults as a person says them.</summary>
internal static class DemoFaults
{
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
