using System.Net;
using AtomGrains.Core.Runs;
using AtomGrains.Node.Transport.Tls;

namespace AtomGrains.Node.Transport;

/// <summary>Bounds of the tensor transport. Every queue, payload and wait has one.</summary>
public sealed record TransportOptions
{
    /// <summary>Where to listen. Loopback, because the traffic is authenticated but, without <see cref="Tls"/>, not encrypted; port 0 takes any free one.</summary>
    public IPEndPoint Listen { get; init; } = new(IPAddress.Loopback, 0);

    /// <summary>Ports to take the first free one of, instead of that of <see cref="Listen"/>; null for none.</summary>
    public PortRange? Ports { get; init; }

    /// <summary>
    /// By what both ends of a connection prove that they are of the cluster, and encrypt; null for neither. Then each byte is
    /// written by the link's own thread, which enciphers it, and none by whoever sends it.
    /// </summary>
    public TlsCertificates? Tls { get; init; }

    /// <summary>Bytes. A larger header closes the connection. Headers are tags, so 64 KiB is far above need.</summary>
    public int MaxHeaderBytes { get; init; } = FrameFormat.HeaderLimitBytes;

    /// <summary>Bytes. A larger payload closes the connection. 1 GiB is a partition of 268 M parameters: no run has a larger one.</summary>
    public long MaxPayloadBytes { get; init; } = PartitionBounds.MostBytes;

    /// <summary>Bytes of received payloads held at once; at the bound, reading stops until some are disposed.</summary>
    public long ReceivePoolBytes { get; init; } = 2L << 30;

    /// <summary>
    /// Bytes of frames of one peer that are received and not handled, without their payloads and with half a KiB for each; at
    /// the bound it is not read. Two thousand small frames: more than a peer sends in a step.
    /// </summary>
    public long MaxWaitingHeadBytesPerPeer { get; init; } = 1 << 20;

    /// <summary>Bytes of copies waiting to be sent; at the bound, a send is dropped with NoMemory.</summary>
    public long SendPoolBytes { get; init; } = 2L << 30;

    /// <summary>Bytes queued for one peer; beyond it, sends are dropped with QueueFull. One frame of any size always fits an empty queue.</summary>
    public long MaxQueuedBytesPerPeer { get; init; } = 256L << 20;

    /// <summary>
    /// Bytes of kernel buffer for each direction of a socket, as far as the system grants them. A slice that fits is
    /// written at once by whoever sends it; the kernel uses no more than what is under way.
    /// </summary>
    public int SocketBufferBytes { get; init; } = 4 << 20;

    /// <summary>From accepted to proven. Generous, since a busy machine may take seconds to schedule a thread.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Connections that may be unproven at once; more are closed unread. Four times the peers one machine is meant for.</summary>
    public int MaxUnauthenticated { get; init; } = 64;

    /// <summary>Pause after the first failed attempt to connect; it doubles with each further one.</summary>
    public TimeSpan ReconnectPauseFirst { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>The pause stops growing here. One second, so that a returned peer is never missed for longer.</summary>
    public TimeSpan ReconnectPauseMost { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Throws ArgumentException that lists every value out of range.</summary>
    public void Validate()
    {
        List<string> errors = [];
        Check(MaxHeaderBytes is >= 0 and <= FrameFormat.HeaderLimitBytes, nameof(MaxHeaderBytes), MaxHeaderBytes, $"0 to {FrameFormat.HeaderLimitBytes}");
        Check(MaxPayloadBytes is >= 4 and <= FrameFormat.PayloadLimitBytes, nameof(MaxPayloadBytes), MaxPayloadBytes, $"4 to {FrameFormat.PayloadLimitBytes}");
        var roomForOne = TensorPool.CapacityBytes(checked((int)(Math.Clamp(MaxPayloadBytes, 4, FrameFormat.PayloadLimitBytes) / sizeof(float))));
        Check(ReceivePoolBytes >= roomForOne, nameof(ReceivePoolBytes), ReceivePoolBytes, $"at least {roomForOne}, or the largest payload could never be read");
        Check(MaxWaitingHeadBytesPerPeer >= 0, nameof(MaxWaitingHeadBytesPerPeer), MaxWaitingHeadBytesPerPeer, "0 or more");
        Check(SendPoolBytes >= 0, nameof(SendPoolBytes), SendPoolBytes, "0 or more");
        Check(MaxQueuedBytesPerPeer >= 0, nameof(MaxQueuedBytesPerPeer), MaxQueuedBytesPerPeer, "0 or more");
        Check(SocketBufferBytes is >= 1 << 14 and <= 1 << 28, nameof(SocketBufferBytes), SocketBufferBytes, $"{1 << 14} to {1 << 28}");
        Check(HandshakeTimeout > TimeSpan.Zero && HandshakeTimeout <= TimeSpan.FromMinutes(10), nameof(HandshakeTimeout), HandshakeTimeout, "above 0, at most 10 minutes");
        Check(MaxUnauthenticated is >= 1 and <= 4096, nameof(MaxUnauthenticated), MaxUnauthenticated, "1 to 4096");
        Check(ReconnectPauseFirst >= TimeSpan.Zero, nameof(ReconnectPauseFirst), ReconnectPauseFirst, "0 or more");
        Check(ReconnectPauseMost >= ReconnectPauseFirst, nameof(ReconnectPauseMost), ReconnectPauseMost, $"at least {nameof(ReconnectPauseFirst)}");
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
