using AtomGrains.Node.Storage;

namespace AtomGrains.Local;

/// <summary>How a run ended.</summary>
/// <param name="Stopped">Why it ended before its last step; null when it is complete.</param>
public sealed record RunOutcome(RunReport Report, string? Stopped);
