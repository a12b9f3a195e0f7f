using System.Net;
using System.Threading.Channels;
using AtomGrains.Node.Transport;

namespace AtomGrains.Node.Tests.Transport;

/// <summary>Posts every event to a channel, as an actor loop does, and lets a test await the one it expects.</summary>
internal sealed class RecordedEvents : ITensorEvents
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly Channel<object> _events = Channel.CreateUnbounded<object>();

    public sealed record Opened(int Node, LinkDirection Direction);

    public sealed record Frame(int From, byte[] Header, TensorBuffer Payload);

    public sealed record Closed(int Node, LinkDirection Direction, CloseReason Reason);

    public sealed record Refused(IPAddress? From, CloseReason Reason);

    public void OnRefused(IPAddress? from, CloseReason reason) => _events.Writer.TryWrite(new Refused(from, reason));

    public void OnOpened(int node, LinkDirection direction) => _events.Writer.TryWrite(new Opened(node, direction));

    public CloseReason? OnFrame(int fromNode, ReadOnlyMemory<byte> header, TensorBuffer payload)
    {
        _events.Writer.TryWrite(new Frame(fromNode, header.ToArray(), payload));
        return null;
    }

    public void OnClosed(int node, LinkDirection direction, CloseReason reason) =>
        _events.Writer.TryWrite(new Closed(node, direction, reason));

    /// <summary>The next event, whatever it is.</summary>
    public async Task<object> Next(string awaited)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        try
        {
            return await _events.Reader.ReadAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"awaited in vain: {awaited}");
        }
    }

    /// <summary>The next event of this kind; others before it are passed over, their payloads disposed.</summary>
    public async Task<T> Next<T>()
        where T : class
    {
        while (true)
        {
            var next = await Next(typeof(T).Name);
            if (next is T wanted)
            {
                return wanted;
            }

            (next as Frame)?.Payload.Dispose();
        }
    }
}
