namespace AtomGrains.Node.Storage;

/// <summary>What a run was computed by before it was given to another build or machine.</summary>
/// <param name="Program">As <see cref="RunRecord.Program"/>.</param>
/// <param name="BitsClass">As <see cref="RunRecord.BitsClass"/>.</param>
/// <param name="Versions">As <see cref="RunRecord.Versions"/>.</param>
/// <param name="Until">When it was given away.</param>
/// <param name="Steps">That were decided by then; those behind the newest checkpoint were computed once more.</param>
public sealed record FormerEnvironment(string? Program, string BitsClass, IReadOnlyDictionary<string, string> Versions, DateTimeOffset Until, long Steps);
