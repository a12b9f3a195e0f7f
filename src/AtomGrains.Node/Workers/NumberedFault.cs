using AtomGrains.Core.Options;

namespace AtomGrains.Node.Workers;

/// <summary>A fault and its number in the run's plan.</summary>
public sealed record NumberedFault(int Number, FaultOrder Order);
