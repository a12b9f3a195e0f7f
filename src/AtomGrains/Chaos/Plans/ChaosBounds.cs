namespace AtomGrains.Chaos.Plans;

/// <summary>What plans may be drawn of.</summary>
/// <param name="Host">Of the runs, as <c>--host</c> has it.</param>
/// <param name="Kinds">Those that are allowed, of the host's own; at least one.</param>
/// <param name="MostWorkers">Of the largest world; at least 2.</param>
internal sealed record ChaosBounds(string Host, IReadOnlyList<ChaosKind> Kinds, int MostWorkers);
