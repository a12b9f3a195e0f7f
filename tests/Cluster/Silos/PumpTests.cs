using AtomGrains.Grains;
using AtomGrains.Tests.Support;

namespace AtomGrains.Cluster.Tests.Silos;

public sealed class PumpTests
{
    [Fact]
    public async Task WhateverACallFailsOfItIsMadeAgainAndNoMessageIsLostOrOvertaken()
    {
        var (heard, failures) = (new List<int>(), new List<Exception>());
        var left = 3;
        var pump = new Pump<int>(batch => --left >= 0 ? throw new IOException("no space left") : Hear(batch), Timeout.InfiniteTimeSpan, failures.Add);
        pump.Post(1);
        await Eventually.Holds("the first call that gets through", () => Heard() == 1);
        pump.Post(2);
        await Eventually.Holds("the call after it", () => Heard() == 2);
        Assert.Equal([1, 2], heard);

        // Told once until a call got through.
        Assert.IsType<IOException>(Assert.Single(failures));

        Task<bool> Hear(IReadOnlyList<int> batch)
        {
            lock (heard)
            {
                heard.AddRange(batch);
            }

            return Task.FromResult(true);
        }

        int Heard()
        {
            lock (heard)
            {
                return heard.Count;
            }
        }
    }
}
