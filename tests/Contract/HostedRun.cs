using AtomGrains.Core.Membership;

namespace AtomGrains.Contract;

/// <summary>What is left of a run that a host has carried through a fault, to its end.</summary>
public sealed record HostedRun
{
    /// <summary>Every step of every lineage as it was decided, in the order of the decisions; the loss as bits.</summary>
    public required IReadOnlyList<(long Step, Lineage Lineage, string Loss)> Steps { get; init; }

    public required string? Weights { get; init; }

    /// <summary>The register, oldest first.</summary>
    public required IReadOnlyList<View> Views { get; init; }

    /// <summary>The node that the fault struck; null when it struck none.</summary>
    public NodeId? Struck { get; init; }

    /// <summary>The struck node was over before the run was.</summary>
    public bool StruckNodeEnded { get; init; }

    /// <summary>Coordinators that stopped since another one had taken their generation.</summary>
    public int Superseded { get; init; }
}
