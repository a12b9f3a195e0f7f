namespace AtomGrains.Grains;

/// <summary>
/// How long a call that was refused waits before it is made again: a tenth of the time for which it has been tried. So it is
/// milliseconds where grains live again within a second, and where they cannot for a minute, since the membership store is
/// away, nobody calls, and has Orleans write a line for each call, a hundred times a second.
/// </summary>
internal static class RetryPause
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);

    /// <param name="least">Of the first ones.</param>
    public static TimeSpan After(TimeSpan tried, TimeSpan least) => TimeSpan.FromTicks(Math.Clamp(tried.Ticks / 10, least.Ticks, Longest.Ticks));
}
