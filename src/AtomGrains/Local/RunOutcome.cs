using AtomGrains.Core.Options;
using AtomGrains.Node.Storage;

namespace AtomGrains.Local;

/// <summary>How a run ended.</summary>
/// <param name="Stopped">Why it ended before its last step; null when it is complete.</param>
/// <param name="NotStruck">Ordered faults whose place nobody came to.</param>
public sealed record RunOutcome(RunReport Report, string? Stopped, IReadOnlyList<FaultOrder> NotStruck);
