namespace AtomGrains.Core.Protocol;

/// <summary>Why data or a request was not taken. Every refusal is counted.</summary>
public enum Refusal
{
    /// <summary>The sender's generation is older than the receiver's: it must fetch the newer view.</summary>
    Stale,

    /// <summary>The receiver's generation is older than the sender's: the receiver must fetch the view.</summary>
    Behind,

    /// <summary>The step lies ahead of the receiver, which has yet to hear a decision.</summary>
    Early,

    /// <summary>The step is decided already.</summary>
    Decided,

    /// <summary>Another lineage, or another history of the same one.</summary>
    OtherHistory,

    /// <summary>The receiver is not primary of that partition.</summary>
    NotPrimary,

    /// <summary>A shard that is asked for is not leased to the receiver.</summary>
    NotHolder,

    /// <summary>It was computed by a node that an audit has found wrong.</summary>
    NotTrusted,
}
