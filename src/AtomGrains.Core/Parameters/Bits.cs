namespace AtomGrains.Core.Parameters;

/// <summary>Mixing of 64-bit words (the finalizer of SplitMix64), for fingerprints and keyed choices.</summary>
public static class Bits
{
    public static ulong Mix(params ReadOnlySpan<ulong> words)
    {
        var state = 0x9E3779B97F4A7C15UL;
        foreach (var word in words)
        {
            state = Finalize(state ^ word) + 0x9E3779B97F4A7C15UL;
        }

        return Finalize(state);
    }

    private static ulong Finalize(ulong word)
    {
        word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9UL;
        word = (word ^ (word >> 27)) * 0x94D049BB133111EBUL;
        return word ^ (word >> 31);
    }
}
