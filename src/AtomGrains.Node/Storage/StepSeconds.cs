namespace AtomGrains.Node.Storage;

/// <summary>Seconds of one step by phase (DESIGN section 4); with several workers, those of the slowest.</summary>
public sealed record StepSeconds(double Pull, double Compute, double Push, double Seal, double Apply)
{
    /// <summary>By the names that they have in files and metrics.</summary>
    public IEnumerable<(string Phase, double Seconds)> ByPhase() => [("pull", Pull), ("compute", Compute), ("push", Push), ("seal", Seal), ("apply", Apply)];
}
