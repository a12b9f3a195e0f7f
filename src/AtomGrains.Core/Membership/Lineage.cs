namespace AtomGrains.Core.Membership;

/// <summary>
/// One history of committed steps, named by the generation at which it began. Only a rollback or a resume
/// from a checkpoint starts a new one.
/// </summary>
public readonly record struct Lineage(Generation Began)
{
    public override string ToString() => $"l{Began.Value}";
}
