namespace AtomGrains.Bench.Recovery;

/// <summary>One signal that struck a worker's process from outside, and what came of it.</summary>
/// <param name="At">When it was sent (a <see cref="System.Diagnostics.Stopwatch"/> timestamp).</param>
/// <param name="Generation">Of the view that it struck.</param>
/// <param name="DeadLanes">Lanes that the process owned in that view.</param>
internal readonly record struct Kill(long At, long Generation, int DeadLanes);
