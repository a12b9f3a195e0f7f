using AtomGrains.Core.Protocol;

namespace AtomGrains.Simulator;

/// <summary>How a simulated run ended.</summary>
/// <param name="Violation">The broken invariant, or null.</param>
/// <param name="WeightsDigest">Of the final weights, or null when there are none.</param>
/// <param name="Losses">Bits of loss and gradient norm of each step of the surviving lineage, mixed to one word.</param>
/// <param name="Injected">How often each kind of fault really struck.</param>
/// <param name="Skipped">Steps decided as skipped, over all lineages.</param>
/// <param name="Stopped">Why the run was given up, rightly; null when it was not.</param>
/// <param name="Checkpoints">That got a manifest.</param>
/// <param name="Restored">Lineages that began from one.</param>
/// <param name="SamplesFromHolders">Samples of computed lanes that holders of shards had sent in time.</param>
/// <param name="SamplesFromFile">Those that nobody had.</param>
/// <param name="WrongBits">Nodes that audits found.</param>
/// <param name="MayBeWrong">Bits of a device that computes wrong ones may rightly be in the weights.</param>
/// <param name="Counters">Sums over all nodes that there were.</param>
public sealed record SimulationResult(
    string? Violation,
    ulong? WeightsDigest,
    IReadOnlyList<ulong> Losses,
    IReadOnlyDictionary<SimulatedFault, int> Injected,
    int Lineages,
    int Skipped,
    long Events,
    TimeSpan Elapsed,
    string? Stopped,
    NodeCounters Counters,
    int Checkpoints = 0,
    int Restored = 0,
    long SamplesFromHolders = 0,
    long SamplesFromFile = 0,
    int WrongBits = 0,
    bool MayBeWrong = false);
