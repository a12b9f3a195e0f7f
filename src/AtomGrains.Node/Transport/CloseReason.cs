namespace AtomGrains.Node.Transport;

/// <summary>Why a connection ended or never came to be. Each end has exactly one, and it is counted.</summary>
public enum CloseReason
{
    /// <summary>This side closed it: dispose, or an order from above.</summary>
    ClosedHere,

    /// <summary>The peer closed it between two frames.</summary>
    PeerClosed,

    /// <summary>The peer's end broke off without a goodbye, as it does when its process is killed.</summary>
    ConnectionReset,

    /// <summary>The peer closed it inside a frame.</summary>
    TruncatedFrame,

    /// <summary>The peer's endpoint accepts no connections.</summary>
    ConnectFailed,

    /// <summary>The handshake did not end within its time.</summary>
    HandshakeTimeout,

    /// <summary>The other side ended the handshake; it never says why.</summary>
    HandshakeRefused,

    /// <summary>The first bytes are not this protocol's, or of another version of it.</summary>
    HandshakeMalformed,

    /// <summary>The other side belongs to another run.</summary>
    WrongRun,

    /// <summary>The caller wanted a node other than this one; a port may have changed hands.</summary>
    WrongTarget,

    /// <summary>The other side does not know the run's secret.</summary>
    WrongSecret,

    /// <summary>The caller does not speak TLS, which is asked for here.</summary>
    NotEncrypted,

    /// <summary>The other side showed no certificate.</summary>
    CertificateMissing,

    /// <summary>The other side's certificate is of none of the authorities in the file, or not for such an end.</summary>
    CertificateUntrusted,

    /// <summary>The other side's certificate is no longer valid, or not yet.</summary>
    CertificateExpired,

    /// <summary>No TLS came about: rubbish, or another version.</summary>
    TlsFailed,

    /// <summary>What arrived on an encrypted connection is not what was sent.</summary>
    TlsBroken,

    /// <summary>Too many connections are still unproven; a later attempt may succeed.</summary>
    TooManyUnauthenticated,

    /// <summary>The same node has proven itself on a newer connection.</summary>
    ReplacedByNewer,

    /// <summary>A frame does not begin with this protocol's magic and version.</summary>
    BadMagic,

    /// <summary>A frame header above the limit.</summary>
    HeaderTooLarge,

    /// <summary>A payload above the limit.</summary>
    PayloadTooLarge,

    /// <summary>A payload that is not a whole number of float32 values.</summary>
    PayloadNotWholeFloats,

    /// <summary>A frame whose lengths and header do not match their checksum.</summary>
    HeaderCorrupt,

    /// <summary>A frame that arrived as it was sent and is no message, or none that a node of the run sends.</summary>
    NotAMessage,

    /// <summary>A control message above the limit.</summary>
    MessageTooLarge,

    /// <summary>A control message that is not the JSON of the contract.</summary>
    MalformedMessage,

    /// <summary>The peer did not take its control messages; dropping some silently would be worse than closing.</summary>
    QueueOverflow,
}
