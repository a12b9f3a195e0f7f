namespace AtomGrains.Core.Protocol;

/// <summary>What was not finite in a step that is skipped.</summary>
public enum SkipReason
{
    /// <summary>The loss.</summary>
    Loss,

    /// <summary>The gradient, and not the loss.</summary>
    Gradient,
}
