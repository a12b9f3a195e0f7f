namespace AtomGrains.Core.Lanes;

/// <summary>What became of a partial that was offered to a partition.</summary>
public enum StagingResult
{
    Accepted,

    /// <summary>It covers nodes that were there: they are replaced, and each counts as dropped.</summary>
    ReplacedDescendants,

    /// <summary>The same node, or one above it, was there already: dropped.</summary>
    Duplicate,
}
