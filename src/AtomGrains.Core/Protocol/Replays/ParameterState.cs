namespace AtomGrains.Core.Protocol.Replays;

/// <summary>All that decides what comes after a version: parameters and moments ([elements] float32 each) and the last decision.</summary>
/// <param name="Key">Of the step to be computed on them.</param>
/// <param name="Last">Null at the start of a lineage.</param>
public sealed record ParameterState(
    StepKey Key, Decision? Last, ReadOnlyMemory<float> Values, ReadOnlyMemory<float> FirstMoment, ReadOnlyMemory<float> SecondMoment);
