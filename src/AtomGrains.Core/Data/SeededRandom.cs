using AtomGrains.Core.Parameters;

namespace AtomGrains.Core.Data;

/// <summary>A counter-based random stream: what is drawn from it, a whole simulation or a plan of faults, follows from its seed.</summary>
public sealed class SeededRandom(ulong seed)
{
    private ulong _counter;

    public ulong NextBits() => Bits.Mix(seed, _counter++);

    /// <summary>Uniform from 0 to below 1.</summary>
    public double NextUnit() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    public bool Chance(double probability) => NextUnit() < probability;

    /// <summary>Uniform from 0 to below <paramref name="count"/>.</summary>
    public int Next(int count) => (int)(NextBits() % (ulong)count);

    public T Pick<T>(IReadOnlyList<T> items) => items[Next(items.Count)];

    public TimeSpan Between(double fromMilliseconds, double toMilliseconds) =>
        TimeSpan.FromMilliseconds(fromMilliseconds + (NextUnit() * (toMilliseconds - fromMilliseconds)));
}
