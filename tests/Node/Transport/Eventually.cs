using System.Diagnostics;

namespace AtomGrains.Node.Tests.Transport;

internal static class Eventually
{
    /// <summary>Waits until a state that other threads bring about is seen; TimeoutException names it after 30 s.</summary>
    public static async Task Holds(string awaited, Func<bool> state)
    {
        for (var started = Stopwatch.GetTimestamp(); !state();)
        {
            if (Stopwatch.GetElapsedTime(started) > TimeSpan.FromSeconds(30))
            {
                throw new TimeoutException($"awaited in vain: {awaited}");
            }

            await Task.Delay(1);
        }
    }
}
