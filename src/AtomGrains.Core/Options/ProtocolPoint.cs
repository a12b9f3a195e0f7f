namespace AtomGrains.Core.Options;

/// <summary>
/// Where in a step a fault strikes (DESIGN section 4): during the named phase, before it is complete.
/// </summary>
public enum ProtocolPoint
{
    Compute,
    Push,
    Seal,
    Decide,
    Apply,

    /// <summary>While a replacement or an added worker joins.</summary>
    Join,
}
