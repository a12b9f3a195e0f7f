using AtomGrains.Core.Data;

namespace AtomGrains.Torch.Tests.Support;

/// <summary>Windows of random tokens, the same for the same seed.</summary>
internal sealed class RandomSamples(int seed, long count, int context, int vocabulary) : ISampleSource
{
    public long Count => count;

    public int TokensPerSample => context + 1;

    public void Read(long index, Span<long> tokens)
    {
        var random = new Random(HashCode(seed, index));
        for (var k = 0; k < tokens.Length; k++)
        {
            tokens[k] = random.Next(vocabulary);
        }
    }

    private static int HashCode(int seed, long index) => unchecked((seed * 7919) + ((int)index * 104729));
}
