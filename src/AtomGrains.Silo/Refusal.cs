namespace AtomGrains.Silo;

/// <summary>Why the run has no use for this silo, ever; null while it may have.</summary>
internal sealed class Refusal
{
    public string? Reason { get; set; }
}
