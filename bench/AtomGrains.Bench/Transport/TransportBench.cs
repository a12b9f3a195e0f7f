using AtomGrains.Bench.Figures;

namespace AtomGrains.Bench.Transport;

/// <summary>The transport, without TLS and with it, against plain blocking sockets: rate of large payloads one way, round trips of small ones.</summary>
internal static class TransportBench
{
    public static IReadOnlyList<Figure> Measure(BenchOptions options)
    {
        var figures = new List<Figure>();
        foreach (var withBusy in new[] { false, true })
        {
            foreach (var path in new[] { "plain", "transport", "tls" })
            {
                var kind = $"{path}{(withBusy ? ", beside a busy thread" : "")}";
                foreach (var (size, count) in new[] { (1 << 20, options.Count(3000, 300)), (16 << 20, options.Count(200, 20)) })
                {
                    var rate = TransportRate.Measure(path, withBusy, echo: false, size, count).BytesPerSecond;
                    figures.Add(new Figure($"{kind}: {size >> 20} MiB one way", "MB/s", [rate / 1e6]));
                }

                figures.Add(new Figure($"{kind}: 64 bytes and back", "µs", TransportRate.Measure(path, withBusy, echo: true, 64, options.Count(5000, 500)).Micros));
            }
        }

        return figures;
    }
}
