using System.Net;
using System.Net.Sockets;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Node.Shards;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Tests.Storage;
using AtomGrains.Node.Transport;
using AtomGrains.Node.Transport.Tls;
using AtomGrains.Node.Workers;

namespace AtomGrains.Node.Tests.Workers.Frames;

/// <summary>Node 1 of <see cref="FuzzedRun"/> as a process has it, whole: sockets, actor, step thread, samples; and node 2 beside it.</summary>
internal sealed class FuzzedNode : INodeHost, IDisposable
{
    private static readonly TimeSpan LongestEnd = TimeSpan.FromSeconds(20);

    private readonly string _folder = Directory.CreateTempSubdirectory("atomgrains-frames-").FullName;
    private readonly RunSecret _secret = RunSecret.Create();
    private readonly TextWriter _errors = Console.Error;
    private readonly StringWriter _log = new();
    private readonly NodeActor _actor;
    private readonly Thread _thread;
    private readonly IPEndPoint _nobody;
    private volatile NodeReady? _ready;
    private volatile Exception? _failure;
    private long _adopted;
    private long _sealed;

    /// <param name="tls">Null for none.</param>
    public FuzzedNode(TlsFiles? tls)
    {
        using (var tokens = File.Create(Path.Combine(_folder, TokenFileSource.FileName)))
        {
            RunSpecs.Text.WriteTokens(tokens);
        }

        // Bound to and not listened on: whoever calls there is refused at once.
        using (var unused = new Socket(SocketType.Stream, ProtocolType.Tcp))
        {
            unused.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            _nobody = (IPEndPoint)unused.LocalEndPoint!;
        }

        Console.SetError(TextWriter.Synchronized(_log));
        Limits = new TransportOptions { Tls = tls is null ? null : new TlsCertificates(tls) };
        var place = new NodePlace { Node = FuzzedRun.Listener, Slot = 0, RunId = FuzzedRun.Id, Listen = "127.0.0.1", Tls = tls, Secret = _secret.ToHex(), Faults = [] };
        var model = new NodeModel(() => new NothingToCompute(), (_, _) => "", new SampleHost(_folder, FuzzedRun.Spec, 1 << 20));
        _actor = new NodeActor(place, FuzzedRun.Spec, model, new HeartbeatOptions(), this, transport: Counters);
        _thread = new Thread(() => _actor.Run()) { IsBackground = true, Name = "fuzzed node" };
        _thread.Start();
    }

    /// <summary>The node's, and of whoever calls it.</summary>
    public TransportOptions Limits { get; }

    public TransportCounters Counters { get; } = new();

    public HonestPeer Honest { get; private set; } = null!;

    public IPEndPoint Endpoint => IPEndPoint.Parse(_ready!.Address);

    /// <summary>What the node has said in its log.</summary>
    public string Log => $"{_log}";

    /// <summary>Why it could not go on; null while it does.</summary>
    public Exception? Failure => _failure;

    public TransportIdentity Identity(int node) => new(FuzzedRun.Id, node, _secret);

    /// <summary>Waits until the node is part of its run, and starts the peer that means well.</summary>
    public async Task Joins()
    {
        await Eventually.Is("a node that is ready", () => _ready, () => $"{_failure}");
        Honest = new HonestPeer(_folder, Identity(FuzzedRun.Honest), Limits, Endpoint);
        await Adopts(generation: 2);
        Honest.Start();
    }

    /// <summary>Waits until it has taken up a view.</summary>
    public async Task Adopts(long generation)
    {
        _actor.Deliver(new AdoptView(FuzzedRun.ViewOf(generation, node => node == FuzzedRun.Listener ? Endpoint : node == FuzzedRun.Honest ? Honest.Endpoint : _nobody)));
        await Eventually.Holds($"the view of generation {generation}", () => Interlocked.Read(ref _adopted) == generation, () => $"{_failure}");
    }

    /// <summary>Waits until it has sealed the step at hand under a view.</summary>
    public Task Seals(long generation) => Eventually.Holds($"a seal of generation {generation}", () => Interlocked.Read(ref _sealed) == generation, () => $"{_failure}");

    public void Dispose()
    {
        Honest?.Dispose();
        _actor.End();

        // A node that hangs has failed its test already, and shall not keep the others.
        _thread.Join(LongestEnd);
        Console.SetError(_errors);
        Directory.Delete(_folder, recursive: true);
    }

    void INodeHost.Send(ControlMessage message)
    {
        switch (message)
        {
            case NodeReady ready:
                _ready = ready;
                break;
            case Adopted adopted:
                Interlocked.Exchange(ref _adopted, adopted.Generation.Value);
                break;
            case Sealed seals:
                Interlocked.Exchange(ref _sealed, seals.Generation.Value);
                break;
            default:
                // Heartbeats, and questions that a coordinator would answer.
                break;
        }
    }

    void INodeHost.Strikes(int order, DateTimeOffset at) => throw new InvalidOperationException("no fault was ordered");

    void INodeHost.Failed(Exception error) => _failure = error;

    void INodeHost.LinkClosed(int node)
    {
    }
}
