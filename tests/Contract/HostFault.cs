namespace AtomGrains.Contract;

/// <summary>What a host is put through, once, in the middle of a run.</summary>
public enum HostFault
{
    None,

    /// <summary>A node ends without a word.</summary>
    NodeEnds,

    /// <summary>A node is silent until a view leaves it out; then all that it had to say arrives.</summary>
    NodeIsSilentTooLong,

    /// <summary>Messages take long, but nobody is silent for as long as a view allows.</summary>
    MessagesAreLate,

    /// <summary>The coordinator is lost, and lives again.</summary>
    CoordinatorIsLost,

    /// <summary>Another coordinator takes a generation while the first one lives.</summary>
    SecondCoordinator,
}
