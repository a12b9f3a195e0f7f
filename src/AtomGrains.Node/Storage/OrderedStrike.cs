using AtomGrains.Core.Options;

namespace AtomGrains.Node.Storage;

/// <summary>An ordered fault that has struck, and when.</summary>
public sealed record OrderedStrike(FaultOrder Order, DateTimeOffset At);
