namespace AtomGrains.Core.Data;

/// <summary>
/// A pure 64-bit hash of a few integers: SplitMix64's finaliser (Steele, Lea, Flood 2014) chained over the
/// inputs. Every seed and key of a run comes from here, so none depends on a library's random generator,
/// whose sequence may change with its version. Not for secrets.
/// </summary>
public static class KeyedHash
{
    /// <summary>
    /// The golden ratio's fraction: keeps a zero input from being a fixed point of <see cref="Mix"/>.
    /// </summary>
    private const ulong Step = 0x9E3779B97F4A7C15;

    public static ulong Of(ulong key, ulong first) => Mix(Mix(key + Step) ^ (first * Step + 1));

    public static ulong Of(ulong key, ulong first, ulong second) => Of(Of(key, first), second);

    public static ulong Of(ulong key, ulong first, ulong second, ulong third) => Of(Of(key, first, second), third);

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
