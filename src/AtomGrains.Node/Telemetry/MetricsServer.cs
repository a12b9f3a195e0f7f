using System.Net;
using System.Net.Sockets;
using System.Text;

namespace AtomGrains.Node.Telemetry;

/// <summary>
/// Answers <c>GET /metrics</c> on loopback, one request a connection. What callers can take of this process is bounded:
/// connections at once, bytes of a request, and seconds; who says nothing makes room for who comes.
/// </summary>
public sealed class MetricsServer : IDisposable
{
    public const string Path = "/metrics";

    // A scraper has one connection, a person's browser a few; each may hold a request's bytes.
    private const int MostConnections = 64;

    // A request line and a scraper's headers have some hundred.
    private const int MostRequestBytes = 8192;

    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Func<string> _page;
    private readonly TcpListener _listener;
    private readonly ConnectionPlaces _places = new(MostConnections);
    private readonly CancellationTokenSource _ended = new();

    /// <summary>Listens at once.</summary>
    /// <param name="port">0 is any free one.</param>
    /// <param name="page">What is there now; called on other threads.</param>
    /// <exception cref="SocketException">The port is taken, or may not be.</exception>
    public MetricsServer(int port, Func<string> page)
    {
        _page = page;
        _listener = new TcpListener(IPAddress.Loopback, port);
        _listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public string Url => $"http://127.0.0.1:{Port}{Path}";

    public void Dispose()
    {
        _ended.Cancel();
        _listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_ended.IsCancellationRequested)
        {
            try
            {
                _ = ServeAsync(await _listener.AcceptTcpClientAsync(_ended.Token).ConfigureAwait(false));
            }
            catch (SocketException)
            {
                // The caller was gone before it was accepted, or descriptors ran out for a moment.
                await Task.Delay(Breath).ConfigureAwait(false);
            }
            catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            using var served = client;
            var stream = client.GetStream();
            using var place = _places.Take(client.Dispose);
            using var late = CancellationTokenSource.CreateLinkedTokenSource(_ended.Token);
            late.CancelAfter(Patience);
            if (await ReadRequestAsync(stream, late.Token).ConfigureAwait(false) is { } request)
            {
                place.Renew();
                await stream.WriteAsync(Answer(request), late.Token).ConfigureAwait(false);
            }
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // It closed, took too long, or lost its place: nobody is left to tell.
        }
    }

    /// <returns>The first line; null when the caller closed before it was whole.</returns>
    private static async Task<string?> ReadRequestAsync(NetworkStream stream, CancellationToken cancellation)
    {
        var bytes = new byte[MostRequestBytes];
        for (var read = 0; read < bytes.Length;)
        {
            var more = await stream.ReadAsync(bytes.AsMemory(read), cancellation).ConfigureAwait(false);
            if (more == 0)
            {
                return null;
            }

            read += more;
            if (bytes.AsSpan(0, read).IndexOf("\r\n\r\n"u8) >= 0)
            {
                return Encoding.Latin1.GetString(bytes, 0, bytes.AsSpan(0, read).IndexOf("\r\n"u8));
            }
        }

        return "";
    }

    private byte[] Answer(string request)
    {
        var words = request.Split(' ');
        if (words is not [var method, var target, _] || !words[2].StartsWith("HTTP/1.", StringComparison.Ordinal))
        {
            return Response("400 Bad Request", "text/plain", $"a request of at most {MostRequestBytes} bytes is expected\n", withBody: true);
        }

        if (method is not ("GET" or "HEAD"))
        {
            return Response("405 Method Not Allowed", "text/plain", "only GET is served here\n", withBody: true, "Allow: GET, HEAD\r\n");
        }

        return target.Split('?')[0] == Path
            ? Response("200 OK", MetricsPage.ContentType, _page(), method == "GET")
            : Response("404 Not Found", "text/plain", $"there is {Path} here\n", method == "GET");
    }

    private static byte[] Response(string status, string type, string body, bool withBody, string more = "")
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        var head = Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Type: {type}\r\nContent-Length: {bytes.Length}\r\n{more}Connection: close\r\n\r\n");
        return withBody ? [.. head, .. bytes] : head;
    }
}
