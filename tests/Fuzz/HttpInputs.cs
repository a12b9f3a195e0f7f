using System.Globalization;
using System.Text;

namespace AtomGrains.Tests.Fuzz;

/// <summary>
/// Good requests, and what a fuzzer makes of them. What comes out depends on the random numbers alone, so a seed and a
/// number are an input.
/// </summary>
internal sealed class HttpInputs(Random random, IReadOnlyList<string> pages)
{
    private const int LongestPiece = 12_000;
    private const int MostPipelined = 12;

    // Most ask the server to end the connection: else the fuzzer would have to wait, to know that nothing comes any more.
    private const string Closing = "Host: x\r\nConnection: close\r\n";

    private static readonly string[] Methods = ["HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PRI", "get", "G", "", " ", "GET\t", "GET\0", "GÉT", "M-SEARCH"];
    private static readonly string[] Versions = ["HTTP/1.0", "HTTP/0.9", "HTTP/1.2", "HTTP/2.0", "HTTP/3", "HTTP/11", "http/1.1", "HTTP/1.1 ", "HTTP", "", "HTTP/1.\0", "RTSP/1.0"];
    private static readonly string[] Lengths = ["0", "1", "-1", "+5", "5, 5", "5, 6", "0x10", "1e3", "", " ", "2147483648", "9223372036854775807", "9223372036854775808", "99999999999999999999999999"];
    private static readonly string[] Codings = ["chunked", "Chunked", "gzip, chunked", "chunked, identity", "identity", "chunked chunked", "\0", ""];
    private static readonly string[] Chunks = ["0\r\n\r\n", "5\r\nhello\r\n0\r\n\r\n", "ffffffffffffffff\r\n", "-1\r\n", "5;x=y\r\nhello\r\n0\r\nTrailer: x\r\n\r\n", "5\r\nhel", "g\r\n", "\r\n\r\n", "7fffffff\r\nx"];
    private static readonly string[] Separators = ["\r\n", "\n", "\r", "\r\n\r\n", "\r\n ", "\0\r\n", "\v", ""];

    public HttpInput Next() => random.Next(14) switch
    {
        0 or 1 => new("good request", Cut(Good()), HttpInput.Ending.Hear, MustBeServed: true),
        2 => new("method", Cut(Request(method: Any(Methods))), Heard()),
        3 => new("target", Cut(Request(target: Target())), Heard()),
        4 => new("version", Cut(Request(version: Any(Versions))), Heard()),
        5 => new("header", Cut(Request(headers: Headers())), Heard()),
        6 => new("line ends", Cut(Request(headers: Headers()).Replace("\r\n", Any(Separators), StringComparison.Ordinal)), Heard()),
        7 => new("body", Cut(Request(Any(["GET", "POST"]), headers: Body(out var body)) + body), Heard()),
        8 => new("pipelined", Cut(string.Concat(Enumerable.Range(0, random.Next(1, MostPipelined)).Select(_ => random.Next(4) == 0 ? Request(target: Target(), headers: "Host: x\r\n") : Good(""))) + Good()), Heard()),
        9 => new("half a request", Cut(Half(Request(headers: Headers()))), random.Next(2) == 0 ? Heard() : HttpInput.Ending.Stay),
        10 => new("changed bytes", [Changed(Latin(Good()))], Heard()),
        11 => new("rubbish", Split(Rubbish()), Heard()),
        12 => new("another protocol", Cut(Any(["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x4\0\0\0\0\0", "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03", "SSH-2.0-x\r\n", "\0\0\0\0", "*1\r\n$4\r\nPING\r\n", "EHLO x\r\n"])), Heard()),
        _ => new("silence", [], Any([HttpInput.Ending.Hear, HttpInput.Ending.Leave, HttpInput.Ending.Stay])),
    };

    private static byte[] Latin(string text) => Encoding.Latin1.GetBytes(text);

    private HttpInput.Ending Heard() => random.Next(12) switch
    {
        0 => HttpInput.Ending.Leave,
        1 => HttpInput.Ending.Stay,
        _ => HttpInput.Ending.Hear,
    };

    private string Good(string more = "Connection: close\r\n") => $"GET {Any(pages)} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Prometheus/2.42.0\r\nAccept: text/plain;version=0.0.4;q=0.5,*/*;q=0.1\r\n{more}\r\n";

    private string Request(string method = "GET", string? target = null, string version = "HTTP/1.1", string headers = Closing) =>
        $"{method} {target ?? Any(pages)} {version}\r\n{headers}\r\n";

    private string Target() => random.Next(10) switch
    {
        0 => "/" + Noise(random.Next(60)),
        1 => "/" + new string('a', random.Next(LongestPiece)),
        2 => Any(pages) + "?" + new string('&', random.Next(3000)),
        3 => "http://" + Noise(random.Next(20)) + Any(pages),
        4 => Any(["*", "", "/", "//", "/..", "/../../etc/passwd", "/.%2e/metrics", "/%00", "/%", "/%zz", "/%ff%fe", "\\", "#", "/metrics#x", "127.0.0.1:80"]),
        5 => Any(pages) + "/" + string.Concat(Enumerable.Repeat("../", random.Next(200))),
        6 => string.Concat(Any(pages).Select(letter => string.Create(CultureInfo.InvariantCulture, $"%{(int)letter:x2}"))),
        7 => Any(pages).ToUpperInvariant(),
        8 => Any(pages) + " " + Noise(8),
        _ => "/" + string.Concat(Enumerable.Repeat("%c3%28", random.Next(300))),
    };

    private string Headers() => Closing + random.Next(11) switch
    {
        0 => $"X: {new string('x', random.Next(LongestPiece))}\r\n",
        1 => $"{new string('N', random.Next(LongestPiece))}: x\r\n",
        2 => string.Concat(Enumerable.Range(0, random.Next(200)).Select(number => $"H{number}: {number}\r\n")),
        3 => string.Concat(Enumerable.Repeat("Host: y\r\n", random.Next(1, 20))),
        4 => Noise(random.Next(200)) + "\r\n",
        5 => $"{Noise(random.Next(20))}: {Noise(random.Next(20))}\r\n",
        6 => " folded\r\n\tagain\r\n",
        7 => $"Connection: {Any(["close", "keep-alive", "upgrade", "close, keep-alive", Noise(9)])}\r\nUpgrade: {Any(["h2c", "websocket", Noise(5)])}\r\n",
        8 => "Expect: 100-continue\r\n",
        9 => new string('x', random.Next(LongestPiece)) + "\r\n",
        _ => $": \r\n:{Noise(5)}\r\nNo colon here\r\n",
    };

    private string Body(out string body)
    {
        var bytes = Noise(random.Next(300));
        (var headers, body) = random.Next(4) switch
        {
            0 => ($"Content-Length: {bytes.Length}\r\n", bytes),
            1 => ($"Content-Length: {Any(Lengths)}\r\n", bytes),
            2 => ($"Transfer-Encoding: {Any(Codings)}\r\n", Any(Chunks) + Any(Chunks)),
            _ => ($"Content-Length: {Any(Lengths)}\r\nTransfer-Encoding: {Any(Codings)}\r\nContent-Length: {Any(Lengths)}\r\n", Any(Chunks)),
        };
        return Closing + headers;
    }

    private string Half(string whole) => whole[..random.Next(whole.Length)];

    private byte[] Rubbish()
    {
        var bytes = new byte[random.Next(8) == 0 ? random.Next(2 * LongestPiece) : random.Next(1, 300)];
        random.NextBytes(bytes);
        return bytes;
    }

    private byte[] Changed(byte[] bytes)
    {
        for (var changes = random.Next(1, 6); changes > 0; changes--)
        {
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        }

        return bytes;
    }

    private string Noise(int length) => string.Create(length, random, (text, numbers) =>
    {
        foreach (ref var letter in text)
        {
            letter = (char)numbers.Next(256);
        }
    });

    private IReadOnlyList<byte[]> Cut(string text) => Split(Latin(text));

    // Mostly whole; else in a few pieces, each of which the server may see by itself.
    private IReadOnlyList<byte[]> Split(byte[] bytes)
    {
        if (bytes.Length < 2 || random.Next(4) != 0)
        {
            return [bytes];
        }

        var at = random.Next(1, bytes.Length);
        return [bytes[..at], bytes[at..]];
    }

    private T Any<T>(IReadOnlyList<T> values) => values[random.Next(values.Count)];
}
