using AtomGrains.Core.Options;

namespace AtomGrains.Grains.Workers;

/// <summary>How a node's own process ended.</summary>
/// <param name="Kind">In the fault ledger's words.</param>
/// <param name="Cause">What it said of its failure, if it did.</param>
/// <param name="SiloRests">Why its silo starts no process for the run for a while; null while it does.</param>
public sealed record ProcessEnd(string Kind, string? Cause, string? SiloRests = null)
{
    public bool IsFailureOfDevice => IsOfDevice(Kind);

    /// <summary>
    /// Whether its device has to compute right in a fresh process before it is offered again. A process that was fenced may have
    /// hung there: only its coordinator knows.
    /// </summary>
    public bool LeavesDoubt => IsFailureOfDevice || Kind == Fenced;

    /// <summary>The kind of an end that a node was told to make, since it was silent or did not get on.</summary>
    public const string Fenced = "stop";

    /// <summary>Of a node that has ended before it began.</summary>
    public static ProcessEnd NotStarted(string error, string? siloRests) => new("crash", $"it could not be started: {error}", siloRests);

    /// <summary>Whether a kind of end speaks against the device.</summary>
    public static bool IsOfDevice(string kind) => kind == FaultPlan.NameOf(FaultKind.Device);
}
