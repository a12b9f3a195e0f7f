namespace AtomGrains.Core.Protocol;

/// <summary>Why a node is no longer wanted.</summary>
public enum DismissReason
{
    /// <summary>A newer view was recorded without it, since it was silent or did not get on: it must start anew to join again.</summary>
    Fenced,

    /// <summary>It handed over everything, as it asked.</summary>
    HandedOver,

    /// <summary>The run was scaled down.</summary>
    NotNeeded,

    /// <summary>The run is over.</summary>
    Finished,
}
