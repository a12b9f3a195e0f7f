using System.Net;
using AtomGrains.Node.Transport;

namespace AtomGrains.Node.Tests.Transport;

/// <summary>A listener, node 1, and what is needed to reach it from other nodes of the run.</summary>
internal sealed class Pair : IDisposable
{
    public const int ListenerNode = 1;

    private readonly List<IDisposable> _owned = [];

    public Pair(TransportOptions? options = null)
    {
        Options = options ?? Small;
        Listener = new TensorListener(Identity(ListenerNode), Options, InCounters, In);
        _owned.Add(Listener);
    }

    public static TransportOptions Small { get; } = new()
    {
        MaxPayloadBytes = 64 << 20,
        ReceivePoolBytes = 256 << 20,
        SendPoolBytes = 256 << 20,
        ReconnectPauseFirst = TimeSpan.Zero,
        ReconnectPauseMost = TimeSpan.Zero,
    };

    public TransportOptions Options { get; }

    public RunSecret Secret { get; } = RunSecret.Create();

    public RecordedEvents In { get; } = new();

    public RecordedEvents Out { get; } = new();

    public TransportCounters InCounters { get; } = new();

    public TransportCounters OutCounters { get; } = new();

    public TensorListener Listener { get; }

    public TensorPool Copies { get; } = new(256 << 20);

    public TransportIdentity Identity(int node) => new("run", node, Secret);

    public TensorPeer Peer(int from, TransportIdentity? identity = null, int target = ListenerNode, IPEndPoint? endpoint = null, TransportOptions? options = null)
    {
        var peer = new TensorPeer(target, endpoint ?? Listener.Endpoint, identity ?? Identity(from), options ?? Options, Copies, OutCounters, Out);
        _owned.Add(peer);
        return peer;
    }

    public RawDialler Dial(int from, IPEndPoint? endpoint = null) => new(endpoint ?? Listener.Endpoint, Identity(from), ListenerNode, tls: Options.Tls);

    public void Dispose()
    {
        foreach (var owned in Enumerable.Reverse(_owned))
        {
            owned.Dispose();
        }
    }
}
