namespace AtomGrains.Core.Protocol.Partitions;

/// <summary>
/// What a node may ask for of the copies that it is being given: so many bytes a second over all its partitions, so that
/// a fill never takes the network from the steps (PROTOCOL R4). Time comes with the ticks; between two of them what was
/// saved up is spent, and one request more at the most, which the next ticks pay off.
/// </summary>
/// <param name="bytesPerSecond">Above 0.</param>
/// <param name="isHeld">Whether somebody waits meanwhile for what is worth more; null for never.</param>
public sealed class FillBudget(long bytesPerSecond, Func<bool>? isHeld = null)
{
    /// <summary>A fifth of a network of 10 Gbit/s: the steps keep the rest, and a partition of a gigabyte has its backup within seconds.</summary>
    public const long UsualBytesPerSecond = 256_000_000;

    // A tick and its delay. What a longer silence would have saved up is not spent at one go.
    private static readonly TimeSpan MostSaved = TimeSpan.FromMilliseconds(200);

    private double _bytes = bytesPerSecond * MostSaved.TotalSeconds;
    private TimeSpan? _told;

    /// <summary>Whether something may be asked for now.</summary>
    public bool IsOpen => _bytes > 0 && isHeld?.Invoke() != true;

    public void Spend(long bytes) => _bytes -= bytes;

    /// <param name="now">On a clock that does not go back.</param>
    public void Tick(TimeSpan now)
    {
        _bytes = Math.Min(_bytes + (bytesPerSecond * (now - (_told ?? now)).TotalSeconds), bytesPerSecond * MostSaved.TotalSeconds);
        _told = now;
    }
}
