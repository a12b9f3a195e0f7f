namespace AtomGrains.Core.Options;

/// <summary>What a run does when an audit has found a device that computes wrong bits. The device is quarantined in any case.</summary>
public enum WrongBitsPolicy
{
    /// <summary><c>continue</c>: suspect steps are named and kept.</summary>
    Continue,

    /// <summary><c>stop</c>: the run ends with the reason.</summary>
    Stop,

    /// <summary><c>rollback</c>: suspect steps are given up and computed again.</summary>
    Rollback,
}
