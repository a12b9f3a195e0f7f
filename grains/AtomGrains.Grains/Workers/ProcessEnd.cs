using AtomGrains.Core.Options;

namespace AtomGrains.Grains.Workers;

/// <summary>How a node's own process ended.</summary>
/// <param name="Kind">In the fault ledger's words.</param>
/// <param name="Cause">What it said of its failure, if it did.</param>
/// <param name="SiloRests">Why its silo starts no process for the run for a while; null while it does.</param>
public sealed record ProcessEnd(string Kind, string? Cause, string? SiloRests = null)
{
    public bool IsFailureOfDevice => IsOfDevice(Kind);

    /// <summary>Whether a kind of end speaks against the device.</summary>
    public static bool IsOfDevice(string kind) => kind == FaultPlan.NameOf(FaultKind.Device);
}
