namespace AtomGrains.Simulator;

/// <summary>How a simulated run ended.</summary>
/// <param name="Violation">The broken invariant, or null.</param>
/// <param name="WeightsDigest">Of the final weights, or null when there are none.</param>
/// <param name="Losses">Bits of the loss of each committed step of the surviving lineage.</param>
/// <param name="Injected">How often each kind of fault really struck.</param>
/// <param name="LongestPause">Longest virtual time without a decision after the last fault.</param>
public sealed record SimulationResult(
    string? Violation,
    ulong? WeightsDigest,
    IReadOnlyList<long> Losses,
    IReadOnlyDictionary<SimulatedFault, int> Injected,
    int Lineages,
    long Events,
    TimeSpan Elapsed,
    TimeSpan LongestPause);
