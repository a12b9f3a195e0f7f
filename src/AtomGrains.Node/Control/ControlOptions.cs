using System.Net;

namespace AtomGrains.Node.Control;

/// <summary>Bounds of the control channel.</summary>
public sealed record ControlOptions
{
    internal const int SocketBufferBytes = 256 * 1024;

    /// <summary>Where the supervisor listens. Loopback, because both ends are on one machine; port 0 takes any free one.</summary>
    public IPEndPoint Listen { get; init; } = new(IPAddress.Loopback, 0);

    /// <summary>Bytes of JSON. A longer message closes the connection. The longest is what a node holds of each of 4,096 partitions, some 400 bytes of each.</summary>
    public int MaxMessageBytes { get; init; } = 4 << 20;

    /// <summary>Bytes queued for a peer that doesn't read; beyond it the connection is closed, since a control message is never dropped silently.</summary>
    public long MaxQueuedBytes { get; init; } = 8 << 20;

    /// <summary>From accepted to proven. Generous, since a busy machine may take seconds to schedule a thread.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Connections that may be unproven at once; more are closed unread.</summary>
    public int MaxUnauthenticated { get; init; } = 64;

    /// <summary>How long a dispose waits for the last messages to be taken. A peer that hangs must not hold up an exit for long.</summary>
    public TimeSpan GoodbyeTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Throws ArgumentException that lists every value out of range.</summary>
    public void Validate()
    {
        List<string> errors = [];
        Check(MaxMessageBytes is >= 2 and <= 1 << 28, nameof(MaxMessageBytes), MaxMessageBytes, $"2 to {1 << 28}");
        Check(MaxQueuedBytes >= MaxMessageBytes, nameof(MaxQueuedBytes), MaxQueuedBytes, $"at least {nameof(MaxMessageBytes)}");
        Check(HandshakeTimeout > TimeSpan.Zero && HandshakeTimeout <= TimeSpan.FromMinutes(10), nameof(HandshakeTimeout), HandshakeTimeout, "above 0, at most 10 minutes");
        Check(MaxUnauthenticated is >= 1 and <= 4096, nameof(MaxUnauthenticated), MaxUnauthenticated, "1 to 4096");
        Check(GoodbyeTimeout >= TimeSpan.Zero && GoodbyeTimeout <= TimeSpan.FromMinutes(1), nameof(GoodbyeTimeout), GoodbyeTimeout, "0 to 1 minute");
        if (errors.Count > 0)
        {
            throw new ArgumentException(string.Join("; ", errors));
        }

        void Check(bool holds, string name, object value, string range)
        {
            if (!holds)
            {
                errors.Add($"{name} is {value}; allowed: {range}");
            }
        }
    }
}
