namespace AtomGrains.Core.Protocol;

/// <summary>A step that passes without an update.</summary>
/// <param name="Lanes">Whose gradient or loss is not finite, as far as their workers lived to say so; empty where every lane is finite and their sum is not.</param>
public sealed record SkippedStep(long Step, SkipReason Reason, IReadOnlyList<int> Lanes);
