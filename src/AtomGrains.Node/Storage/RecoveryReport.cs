namespace AtomGrains.Node.Storage;

/// <summary>One recovery in <see cref="RunReport"/>.</summary>
public sealed record RecoveryReport(string Kind, long Step, RecoverySeconds Seconds)
{
    public static RecoveryReport Of(FaultLine line) => new(line.Kind, line.Step, line.Seconds);
}
