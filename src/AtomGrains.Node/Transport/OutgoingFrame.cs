namespace AtomGrains.Node.Transport;

/// <summary>A frame that waits for its turn: prefix and header in one array, and the payload, owned.</summary>
internal readonly record struct OutgoingFrame(byte[] Head, TensorBuffer Payload)
{
    public long Bytes => Head.Length + Payload.Elements * (long)sizeof(float);
}
