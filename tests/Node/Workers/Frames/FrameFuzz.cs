using System.Diagnostics;
using System.Net.Sockets;
using AtomGrains.Core.Parameters;
using AtomGrains.Node.Transport;

namespace AtomGrains.Node.Tests.Workers.Frames;

/// <summary>
/// Calls a node, on several connections at once and with many more that stay open, says what <see cref="HostileCalls"/> has
/// made up, and waits for the node to close each connection. Each call has its own random numbers, so it can be repeated alone.
/// </summary>
internal sealed class FrameFuzz : IDisposable
{
    // Fits the processors of a small machine twice over.
    private const int Callers = FuzzedRun.Hostiles;
    private const int MostStaying = 8;

    // A call's number says whose it is.
    private const int CallsOfACaller = 100_000_000;

    // A machine that is busy with everything else may let the time for a handshake pass.
    private const int Attempts = 5;

    // Far beyond what a node takes to close a connection.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly FuzzedNode _node;
    private readonly int _seed;
    private readonly Caller[] _callers;
    private readonly string _repeat;
    private readonly long[] _expected = new long[Enum.GetValues<CloseReason>().Length];
    private long _calls;
    private volatile string? _failure;

    /// <param name="repeat">What comes before seed and number of a call in the command that repeats it alone.</param>
    public FrameFuzz(FuzzedNode node, int seed, string repeat)
    {
        _node = node;
        _seed = seed;
        _repeat = repeat;
        _callers = [.. Enumerable.Range(0, Callers).Select(number => new Caller(number))];
    }

    /// <summary>Calls so far.</summary>
    public long Calls => Interlocked.Read(ref _calls);

    /// <summary>Frames and strangers so far, up to what was refused of each call.</summary>
    public int Inputs => _callers.Sum(caller => caller.Inputs);

    /// <summary>How many calls had to be closed for a reason, at least.</summary>
    public long Expected(CloseReason reason) => Interlocked.Read(ref _expected[(int)reason]);

    /// <summary>The next inputs; fails with the first call that was not closed, and what repeats it.</summary>
    public void Say(int inputs)
    {
        var threads = _callers.Select(caller => new Thread(() => Run(caller, caller.Inputs + (inputs / Callers))) { IsBackground = true }).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        Assert.True(_failure is null, _failure);
    }

    /// <summary>One call, with nothing before it.</summary>
    public void SayAlone(long number) => Say(_callers[number / CallsOfACaller], CallOf(_seed, number, _node.Limits));

    public void Dispose() => EndStaying();

    /// <summary>Ends what stays open.</summary>
    public void EndStaying()
    {
        foreach (var caller in _callers)
        {
            while (caller.Staying.TryDequeue(out var staying))
            {
                staying.Dispose();
            }
        }
    }

    public override string ToString() => $"{Inputs} inputs on {Calls} connections";

    private void Run(Caller caller, int until)
    {
        while (caller.Inputs < until && _failure is null && _node.Failure is null && _node.Honest.Failure is null)
        {
            var number = ((long)caller.Number * CallsOfACaller) + caller.Calls++;
            var call = CallOf(_seed, number, _node.Limits);
            try
            {
                Say(caller, call);
            }
            catch (Exception error)
            {
                _failure ??= $"call {number} of seed {_seed}: {call}\n{error}\nalone: {_repeat}{_seed}:{number}";
            }

            caller.Inputs += call.Frames;
        }

        _failure ??= _node.Failure is { } ended ? $"the node failed, seed {_seed}: {ended}"
            : _node.Honest.Failure is { } failure ? $"the honest peer, seed {_seed}: {failure}"
            : null;
    }

    // Of its own numbers alone: they do not depend on what was said before.
    private static HostileCall CallOf(int seed, long number, TransportOptions limits)
    {
        var caller = (int)(number / CallsOfACaller);
        int[] nodes = [FuzzedRun.FirstHostile + caller, 1000 + caller, -1 - caller, int.MaxValue - caller, caller == 0 ? FuzzedRun.Listener : 2000 + caller];
        return new HostileCalls(new Random((int)Bits.Mix((ulong)seed, (ulong)number)), nodes, limits).Next();
    }

    private void Say(Caller caller, HostileCall call)
    {
        var socket = Connect(call);
        if (call.Reason is { } reason)
        {
            Interlocked.Increment(ref _expected[(int)reason]);
        }

        var stays = false;
        try
        {
            foreach (var piece in call.Pieces.TakeWhile(socket.Send))
            {
                // A send that fails is heard of below: the node has closed.
            }

            stays = call.End == HostileCall.Ending.Stay;
            if (stays)
            {
                caller.Staying.Enqueue(socket);
            }
            else if (call.End != HostileCall.Ending.Leave)
            {
                Hear(socket, call);
            }
        }
        finally
        {
            if (!stays)
            {
                socket.Dispose();
            }
        }

        while (caller.Staying.Count > MostStaying)
        {
            caller.Staying.Dequeue().Dispose();
        }
    }

    private HostileSocket Connect(HostileCall call)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                Interlocked.Increment(ref _calls);
                return new HostileSocket(_node.Endpoint, call.From is { } from ? _node.Identity(from) : null, _node.Limits.Tls);
            }
            catch (InvalidOperationException) when (attempt < Attempts)
            {
                // It counts as a call; the node has closed it.
            }
        }
    }

    private static void Hear(HostileSocket socket, HostileCall call)
    {
        if (call.End == HostileCall.Ending.EndSending)
        {
            socket.EndSending();
        }

        var started = Stopwatch.GetTimestamp();
        using var deadline = new Timer(_ => socket.Dispose(), null, Patience, Timeout.InfiniteTimeSpan);
        socket.HearEnd();
        if (Stopwatch.GetElapsedTime(started) >= Patience)
        {
            throw new TimeoutException($"the node has not closed the connection within {Patience.TotalSeconds} s");
        }
    }

    private sealed class Caller(int number)
    {
        public int Number => number;

        public Queue<HostileSocket> Staying { get; } = new();

        public long Calls { get; set; }

        public int Inputs { get; set; }
    }
}
