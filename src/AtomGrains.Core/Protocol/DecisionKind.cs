namespace AtomGrains.Core.Protocol;

public enum DecisionKind
{
    /// <summary>The update is applied.</summary>
    Commit,

    /// <summary>A gradient or loss was not finite: the step passes without an update.</summary>
    Skip,
}
