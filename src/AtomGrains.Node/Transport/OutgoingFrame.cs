namespace AtomGrains.Node.Transport;

/// <summary>A frame that waits for its turn: prefix and header in one array, and the payload, owned.</summary>
/// <param name="Written">Bytes of it that the socket has already; the payload's are not needed any more.</param>
internal readonly record struct OutgoingFrame(byte[] Head, TensorBuffer Payload, long Written = 0)
{
    public long Bytes => Head.Length + Payload.Elements * (long)sizeof(float);
}
