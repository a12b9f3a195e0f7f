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
        var head = frame.Head.AsSpan((int)Math.Min(frame.Written, frame.Head.Length));
        var payload = MemoryMarshal.AsBytes(frame.Payload.Span)[(int)Math.Max(0, frame.Written - frame.Head.Length)..];
        head.CopyTo(_first);
        var together = Math.Min(payload.Length, _first.Length - head.Length);
        payload[..together].CopyTo(_first.AsSpan(head.Length));
        return wire.Send(_first.AsSpan(0, head.Length + together)) && wire.Send(payload[together..]);
    }
}
