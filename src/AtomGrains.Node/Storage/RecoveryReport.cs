namespace AtomGrains.Node.Storage;

/// <summary>One recovery in <see cref="RunReport"/>.</summary>
public sealed record RecoveryReport(string Kind, long Step, RecoverySeconds Seconds);
