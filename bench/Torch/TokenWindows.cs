using AtomGrains.Core.Data;

namespace AtomGrains.Torch.Bench;

/// <summary>Every window of a token stream: sample k starts at token k, as nanoGPT's batches do.</summary>
public sealed class TokenWindows(ReadOnlyMemory<long> stream, int context) : ISampleSource
{
    public long Count => stream.Length - context;

    public int TokensPerSample => context + 1;

    public void Read(long index, Span<long> tokens) => stream.Span.Slice((int)index, context + 1).CopyTo(tokens);
}
