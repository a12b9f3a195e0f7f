namespace AtomGrains.Core.Protocol;

/// <summary>What becomes of a step. The numbers are part of the wire contract.</summary>
public enum DecisionKind
{
    /// <summary>The update is applied.</summary>
    Commit = 0,

    /// <summary>A gradient or loss was not finite: the step passes without an update.</summary>
    Skip = 1,
}
