using System.Diagnostics;

namespace AtomGrains.Tests.Support;

internal static class Eventually
{
    // A machine that is busy with other things takes this long for what an idle one does in a few seconds.
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120);

    /// <summary>Waits until others, threads or processes, have brought a state about; TimeoutException says what was awaited.</summary>
    /// <param name="seen">What there was instead, for the message.</param>
    public static Task<T> Is<T>(string awaited, Func<T?> state, Func<string>? seen = null)
        where T : class => Answers(awaited, () => Task.FromResult(state()), seen);

    /// <summary>The same for who has to be asked.</summary>
    public static async Task<T> Answers<T>(string awaited, Func<Task<T?>> ask, Func<string>? seen = null)
        where T : class
    {
        for (var started = Stopwatch.GetTimestamp(); ;)
        {
            if (await ask() is { } value)
            {
                return value;
            }

            if (Stopwatch.GetElapsedTime(started) > Deadline)
            {
                throw new TimeoutException($"awaited in vain: {awaited}\n{seen?.Invoke()}");
            }

            await Task.Delay(10);
        }
    }

    public static Task Holds(string awaited, Func<bool> state, Func<string>? seen = null) =>
        Is(awaited, () => state() ? "" : null, seen);
}
