using System.Diagnostics;
using System.Globalization;
using System.Net;
using AtomGrains.Node.Transport;
using AtomGrains.Node.Transport.Tls;
using AtomGrains.Tests.Support.Tls;

namespace AtomGrains.Bench.Transport;

/// <summary>
/// Two processes on loopback, as nodes are: this one measures, the child echoes or swallows. Idle, or with a busy
/// thread in each process, since training keeps a compute thread on every core.
/// </summary>
internal static class TransportRate
{
    /// <summary>First argument of the child process.</summary>
    public const string Command = "transport-child";

    /// <summary>Bytes a second (both ways for round trips), and the microseconds of each round trip.</summary>
    /// <param name="path">
    /// <c>plain</c>, <c>plain-new</c> for the same into memory that the receiver has to be given first, <c>transport</c>, or
    /// <c>tls</c> for the transport with it.
    /// </param>
    public static (double BytesPerSecond, IReadOnlyList<double> Micros) Measure(string path, bool withBusy, bool echo, int size, int count)
    {
        var secret = RunSecret.Create();
        using var authority = path == "tls" ? new Authority() : null;
        var tls = authority?.Issue("bench").Files;
        var files = tls is null ? [] : (string[])[tls.Certificate, tls.Key, tls.Authority];
        using var child = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [Command, path, $"{echo}", $"{withBusy}", secret.ToHex(), .. files])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        var endpoint = new IPEndPoint(IPAddress.Loopback, int.Parse(child.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture));
        using var busy = BusyThread.Start(withBusy);
        using IRoundTrip link = path.StartsWith("plain", StringComparison.Ordinal) ? new PlainSocket(endpoint) : new TransportEnd(endpoint, secret, tls);
        double[] micros = [];
        link.Prepare(new float[size / sizeof(float)], echo);
        var started = Stopwatch.GetTimestamp();
        if (echo)
        {
            micros = [.. Enumerable.Range(0, count).Select(_ => Time(link.RoundTrip))];
        }
        else
        {
            link.Stream(count);
        }

        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        child.StandardInput.WriteLine();
        child.WaitForExit();
        return ((double)size * count * (echo ? 2 : 1) / seconds, micros);
    }

    /// <summary>The child: serves one parent until its standard input has a line or ends.</summary>
    public static int Serve(IReadOnlyList<string> arguments)
    {
        var (path, echo, busy, secret) = (arguments[0], bool.Parse(arguments[1]), bool.Parse(arguments[2]), arguments[3]);
        BusyThread.Start(busy);
        var tls = path == "tls" ? new TlsFiles(arguments[4], arguments[5], arguments[6]) : null;
        using var served = path.StartsWith("plain", StringComparison.Ordinal) ? null : new TransportEnd(1, RunSecret.FromHex(secret), echo, tls);
        Console.WriteLine(served is null ? PlainSocket.Serve(echo, keeps: path == "plain-new") : served.Endpoint.Port);
        Console.ReadLine();
        return 0;
    }

    private static double Time(Action action)
    {
        var started = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(started).TotalMicroseconds;
    }
}
