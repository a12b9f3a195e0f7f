namespace AtomGrains.Node.Storage;

/// <summary>Seconds of one recovery by phase; 0 for a phase that it did not need.</summary>
/// <param name="Detect">From the fault, or the last sign of life, until it was noticed.</param>
/// <param name="Fence">Until the new generation was in the register.</param>
/// <param name="Reassign">Until the new view was installed.</param>
/// <param name="Transfer">Filling the new replica; in the background.</param>
/// <param name="Replay">Computing again what was lost, until the step was decided.</param>
public sealed record RecoverySeconds(double Detect, double Fence, double Reassign, double Transfer, double Replay)
{
    /// <summary>By the names that they have in files and metrics.</summary>
    public IEnumerable<(string Phase, double Seconds)> ByPhase() =>
        [("detect", Detect), ("fence", Fence), ("reassign", Reassign), ("transfer", Transfer), ("replay", Replay)];
}
