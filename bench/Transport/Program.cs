using System.Diagnostics;
using System.Globalization;
using System.Net;
using AtomGrains.Bench.Transport;
using AtomGrains.Node.Transport;

// dotnet run -c Release --project bench/Transport
// Two processes on loopback, as nodes are: this one measures, the child echoes or swallows. Each figure is
// taken idle and with a busy thread in each process, since training keeps a compute thread on every core.
if (args is ["child", var kind, var reply, var busy, var secret])
{
    BusyThread.Start(busy == "True");
    IDisposable? served = kind == "plain" ? null : new TransportEnd(1, RunSecret.FromHex(secret), echo: reply == "True");
    var port = served is TransportEnd end ? end.Endpoint.Port : PlainSocket.Serve(echo: reply == "True");
    Console.WriteLine(port);
    Console.ReadLine();
    served?.Dispose();
    return;
}

Console.WriteLine("path       busy   measure          size        p50 us     p99 us       MB/s");
foreach (var withBusy in new[] { false, true })
{
    foreach (var path in new[] { "plain", "transport" })
    {
        foreach (var (size, count) in new[] { (64, 5000), (1 << 20, 500), (16 << 20, 40) })
        {
            Measure(path, withBusy, echo: true, size, count);
        }

        foreach (var (size, count) in new[] { (1 << 20, 3000), (4 << 20, 800), (16 << 20, 200) })
        {
            Measure(path, withBusy, echo: false, size, count);
        }
    }
}

static void Measure(string path, bool withBusy, bool echo, int size, int count)
{
    var secret = RunSecret.Create();
    using var child = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["child", path, $"{echo}", $"{withBusy}", secret.ToHex()])
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
    })!;
    var endpoint = new IPEndPoint(IPAddress.Loopback, int.Parse(child.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture));
    using (BusyThread.Start(withBusy))
    using (IRoundTrip link = path == "plain" ? new PlainSocket(endpoint) : new TransportEnd(endpoint, secret))
    {
        double[] micros = [];
        var payload = new float[size / sizeof(float)];
        link.Prepare(payload, echo);
        var started = Stopwatch.GetTimestamp();
        if (echo)
        {
            micros = [.. Enumerable.Range(0, count).Select(_ => Time(link.RoundTrip)).Order()];
        }
        else
        {
            link.Stream(count);
        }

        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var rate = (double)size * count * (echo ? 2 : 1) / seconds / 1e6;
        var latency = echo ? $"{micros[count / 2],11:F0}{micros[count * 99 / 100],11:F0}" : $"{"",22}";
        Console.WriteLine($"{path,-10} {(withBusy ? "yes" : "no"),-6} {(echo ? "round trip" : "one way"),-12} {size,9}{latency}{rate,11:F0}");
    }

    child.StandardInput.WriteLine();
    child.WaitForExit();
}

static double Time(Action action)
{
    var started = Stopwatch.GetTimestamp();
    action();
    return Stopwatch.GetElapsedTime(started).TotalMicroseconds;
}
