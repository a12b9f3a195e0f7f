namespace AtomGrains.Core.Protocol;

/// <summary>Why a node is no longer wanted. The numbers are part of the wire contract.</summary>
public enum DismissReason
{
    /// <summary>A newer view was recorded without it, since it was silent or did not get on: it must start anew to join again.</summary>
    Fenced = 0,

    /// <summary>It handed over everything, as it asked.</summary>
    HandedOver = 1,

    /// <summary>The run was scaled down.</summary>
    NotNeeded = 2,

    /// <summary>The run is over.</summary>
    Finished = 3,
}
