namespace AtomGrains.Core.Protocol.Replays;

/// <summary>One step as a single process computed it.</summary>
public sealed record ReplayedStep(Decision Decision, IReadOnlyList<ReplayedLane> Lanes);

/// <param name="GradientNorm">Of the lane's own gradient.</param>
/// <param name="Samples">Indices into the training samples.</param>
public sealed record ReplayedLane(int Lane, double Loss, double GradientNorm, IReadOnlyList<long> Samples);
