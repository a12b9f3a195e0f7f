using System.Runtime.InteropServices;

namespace AtomGrains.Node.Transport;

/// <summary>
/// Writes frames with few system calls: head and the beginning of the payload leave together, the rest
/// straight from the payload's own memory.
/// </summary>
internal sealed class FrameWriter
{
    private readonly byte[] _first = GC.AllocateUninitializedArray<byte>(FrameFormat.PrefixBytes + FrameFormat.HeaderLimitBytes + (64 * 1024));

    public bool Write(Wire wire, OutgoingFrame frame)
    {
        frame.Head.CopyTo(_first, 0);
        var payload = frame.Payload is null ? default : MemoryMarshal.AsBytes(frame.Payload.Span);
        var together = Math.Min(payload.Length, _first.Length - frame.Head.Length);
        payload[..together].CopyTo(_first.AsSpan(frame.Head.Length));
        return wire.Send(_first.AsSpan(0, frame.Head.Length + together)) && wire.Send(payload[together..]);
    }
}
