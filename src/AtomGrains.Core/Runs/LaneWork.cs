namespace AtomGrains.Core.Runs;

/// <summary>One lane of one step: which samples, and the seed of everything random in it (dropout).</summary>
public sealed record LaneWork(long Step, int Lane, ulong Seed, IReadOnlyList<long> SampleIndices);
