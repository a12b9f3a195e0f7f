using AtomGrains.Node.Storage;

namespace AtomGrains.Bench.Runs;

/// <summary>A decided step, and when its line was seen (a <see cref="System.Diagnostics.Stopwatch"/> timestamp).</summary>
internal readonly record struct ObservedStep(MetricsLine Line, long SeenAt);
