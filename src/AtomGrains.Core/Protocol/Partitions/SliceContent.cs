namespace AtomGrains.Core.Protocol.Partitions;

/// <summary>Everything that a version of a partition consists of ([elements] float32 each); the step is known to who passes it on.</summary>
public sealed record SliceContent(ReadOnlyMemory<float> Values, ReadOnlyMemory<float> FirstMoment, ReadOnlyMemory<float> SecondMoment);
