using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace AtomGrains.Tests.Fuzz;

/// <summary>
/// Says inputs to a server, on several connections at once and with many more that stay open, and judges every answer. Its
/// own threads and blocking sockets: what the thread pool of this process does is the server's.
/// </summary>
internal sealed class HttpFuzz : IDisposable
{
    private const int Callers = 4;

    // Of each caller; all of them together are more than a server has room for.
    private const int MostStaying = 48;

    // Far beyond what a server may take to answer, or to end a connection that says nothing.
    private const int PatienceMilliseconds = 60_000;

    // Until a caller that has heard nothing says that it has said all: a server may take that for a caller that is gone.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(3);

    private readonly IPEndPoint _server;
    private readonly Caller[] _callers;
    private readonly ConcurrentDictionary<int, int> _statuses = new();
    private volatile string? _failure;

    public HttpFuzz(IPEndPoint server, IReadOnlyList<string> pages, int seed)
    {
        _server = server;
        _callers = [.. Enumerable.Range(seed, Callers).Select(own => new Caller(own, new HttpInputs(new Random(own), pages)))];
    }

    /// <summary>How often each status was answered.</summary>
    public IReadOnlyDictionary<int, int> Statuses => _statuses;

    /// <summary>The next inputs; fails with the first that was answered wrongly, and what repeats it.</summary>
    public void Say(int inputs)
    {
        var threads = _callers.Select(caller => new Thread(() => Run(caller, inputs / Callers)) { IsBackground = true }).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        Assert.True(_failure is null, _failure);
    }

    /// <summary>Waits until the server has ended every connection that stays and says nothing.</summary>
    public void TheServerEndsWhoStays()
    {
        foreach (var caller in _callers)
        {
            while (caller.Staying.TryDequeue(out var socket))
            {
                using (socket)
                {
                    Hear(socket, mayEnd: false, out _);
                }
            }
        }
    }

    /// <summary>What has been said and answered.</summary>
    public override string ToString() =>
        $"{_callers.Sum(caller => caller.Said)} inputs, {_callers.Sum(caller => caller.Stayed)} stayed; {string.Join(", ", _statuses.OrderBy(status => status.Key).Select(status => $"{status.Key}: {status.Value}"))}";

    public void Dispose() => Array.ForEach(_callers, caller => caller.Dispose());

    private void Run(Caller caller, int inputs)
    {
        for (var end = caller.Said + inputs; caller.Said < end && _failure is null; caller.Said++)
        {
            var input = caller.Inputs.Next();
            try
            {
                Say(caller, input);
            }
            catch (Exception error)
            {
                _failure ??= $"input {caller.Said} of seed {caller.Seed}: {input}\n{error}";
            }
        }
    }

    private void Say(Caller caller, HttpInput input)
    {
        // Without a wait of the kernel's for the other end, of which a million would leave it no port.
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { LingerState = new LingerOption(true, 0), NoDelay = true, ReceiveTimeout = PatienceMilliseconds, SendTimeout = PatienceMilliseconds };
        try
        {
            socket.Connect(_server);
            Send(socket, input);
            if (input.End == HttpInput.Ending.Stay)
            {
                caller.Stay(socket);
                return;
            }

            if (input.End == HttpInput.Ending.Hear)
            {
                Judge(input, Hear(socket, mayEnd: !input.MustBeServed, out var hasEnded), hasEnded);
            }
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        socket.Dispose();
    }

    private static void Send(Socket socket, HttpInput input)
    {
        try
        {
            foreach (var piece in input.Pieces)
            {
                socket.Send(piece);
            }
        }
        catch (SocketException error) when (IsEnd(error))
        {
            // It has heard enough, and what it has answered can still be read.
        }
    }

    private static byte[] Hear(Socket socket, bool mayEnd, out bool hasEnded)
    {
        hasEnded = false;
        using var said = new MemoryStream();
        var bytes = new byte[8192];
        try
        {
            int read;
            do
            {
                if (mayEnd && !hasEnded && !socket.Poll(Pause, SelectMode.SelectRead))
                {
                    hasEnded = true;
                    socket.Shutdown(SocketShutdown.Send);
                }

                read = socket.Receive(bytes);
                said.Write(bytes, 0, read);
            }
            while (read > 0);
        }
        catch (SocketException error) when (IsEnd(error))
        {
            // Closed with bytes of ours that it has not read.
        }

        return said.ToArray();
    }

    private static bool IsEnd(SocketException error) =>
        error.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown or SocketError.NotConnected or SocketError.ConnectionAborted;

    private void Judge(HttpInput input, byte[] said, bool mayBeCut)
    {
        if (input.Says("PRI * HTTP/2.0\r\n\r\nSM"u8) && said is [0, ..])
        {
            return; // A refusal in HTTP/2's own frames, for who has begun so.
        }

        var statuses = HttpAnswers.Statuses(said, mayBeCut, hasBodies: !input.Says("HEAD"u8));
        foreach (var status in statuses)
        {
            _statuses.AddOrUpdate(status, 1, (_, count) => count + 1);
        }

        if (input.MustBeServed && statuses is not [200])
        {
            throw new FormatException($"a good request was answered by [{string.Join(", ", statuses)}]");
        }
    }

    private sealed class Caller(int seed, HttpInputs inputs) : IDisposable
    {
        public int Seed => seed;

        public HttpInputs Inputs => inputs;

        public Queue<Socket> Staying { get; } = new();

        public int Said { get; set; }

        public int Stayed { get; private set; }

        public void Stay(Socket socket)
        {
            Stayed++;
            Staying.Enqueue(socket);
            if (Staying.Count > MostStaying)
            {
                Staying.Dequeue().Dispose();
            }
        }

        public void Dispose()
        {
            foreach (var socket in Staying)
            {
                socket.Dispose();
            }
        }
    }
}
