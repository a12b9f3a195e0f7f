using AtomGrains.Node.Storage;
using AtomGrains.Node.Workers;

namespace AtomGrains.Local;

/// <summary>Words of the ledger for what happened to a process.</summary>
internal static class FaultNames
{
    // A process that a signal ended has 128 + its number as exit code.
    private const int SignalBase = 128;
    private const int Abort = 6;
    private const int SegmentationFault = 11;

    /// <summary>The device or the tensor engine took the process along.</summary>
    public const string Device = "device";

    public static string OfExit(int? exitCode) => exitCode switch
    {
        null or NodeProcess.ExitOrphaned => FaultLedger.UnknownEnd,
        SignalBase + Signals.Kill => "kill",
        SignalBase + Signals.Terminate => "exit",
        NodeProcess.ExitFailed or SignalBase + Abort or SignalBase + SegmentationFault => Device,
        NodeProcess.ExitFenced => "stop",
        _ => "crash",
    };

    /// <summary>What a process died of that said nothing: its signal, when it was one of its own making; else null.</summary>
    public static string? CauseOf(int? exitCode) => exitCode switch
    {
        SignalBase + Abort => "ended by SIGABRT",
        SignalBase + SegmentationFault => "ended by SIGSEGV",
        _ => null,
    };

    /// <summary>Whether a process ended as one does that is asked to.</summary>
    public static bool HasLeft(int? exitCode) => exitCode is 0 or SignalBase + Signals.Terminate;

    /// <summary>Whether SIGKILL ended it: from outside, or by a system that is short of memory.</summary>
    public static bool WasKilled(int? exitCode) => exitCode == SignalBase + Signals.Kill;

    /// <summary>Whether a process ended by a failure of its own, and not by a signal from outside, an order or a loss of contact.</summary>
    public static bool IsOwnFailure(int? exitCode) =>
        exitCode is not (null or 0 or NodeProcess.ExitFenced or NodeProcess.ExitOrphaned or SignalBase + Signals.Kill or SignalBase + Signals.Terminate);
}
