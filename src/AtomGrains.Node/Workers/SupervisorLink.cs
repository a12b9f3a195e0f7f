using System.Net;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Node.Control;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Transport;

namespace AtomGrains.Node.Workers;

/// <summary>
/// A node's link to whoever supervises the run: it finds the supervisor by the post in the run folder, again and again,
/// since supervisors die and their successors listen elsewhere. A node that finds none for too long is an orphan.
/// </summary>
internal sealed class SupervisorLink : IControlEvents<LocalMessage>, IDisposable
{
    // A new supervisor is found within this time of its word; looking costs the read of a small file.
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    private readonly NodeAssignment _assignment;
    private readonly ControlOptions _options = new();
    private readonly TransportCounters _counters = new();
    private readonly ManualResetEventSlim _lost = new();
    private readonly object _gate = new();
    private ControlClient<LocalMessage>? _client;
    private bool _ended;

    /// <exception cref="InvalidDataException">A silo's child would have to leave the machine to speak to it.</exception>
    public SupervisorLink(NodeAssignment assignment)
    {
        // This channel is authenticated and not encrypted.
        if (assignment.Supervisor is { } silo && !(IPEndPoint.TryParse(silo, out var endpoint) && IPAddress.IsLoopback(endpoint.Address)))
        {
            throw new InvalidDataException($"the silo's control channel is at {silo}; must be on loopback");
        }

        _assignment = assignment;
    }

    /// <summary>A message of the protocol has come; on the connection's thread.</summary>
    public required Action<ControlMessage> Deliver { get; init; }

    /// <summary>A supervisor is there, which has to be told who this node is.</summary>
    public required Action Introduce { get; init; }

    /// <summary>No supervisor was found for as long as the node is to live without one.</summary>
    public required Action Orphaned { get; init; }

    /// <summary>Nobody wants this node any more.</summary>
    public required Action LeaveBehind { get; init; }

    public void Start() => new Thread(Run) { IsBackground = true, Name = "supervisor" }.Start();

    /// <summary>Sends without waiting; false when nobody is there.</summary>
    public bool Send(LocalMessage message)
    {
        ControlClient<LocalMessage>? client;
        lock (_gate)
        {
            client = _client;
        }

        return client?.Send(message) ?? false;
    }

    /// <summary>Lets sent messages arrive, and looks for nobody any more.</summary>
    public void Dispose()
    {
        ControlClient<LocalMessage>? client;
        lock (_gate)
        {
            _ended = true;
            client = _client;
            Monitor.PulseAll(_gate);
        }

        client?.Dispose();
    }

    void IControlEvents<LocalMessage>.OnConnected(int node)
    {
    }

    void IControlEvents<LocalMessage>.OnMessage(int node, LocalMessage message)
    {
        if (message is ProtocolMessage { Message: var control })
        {
            Deliver(control);
        }
        else if (message is LeaveBehind)
        {
            LeaveBehind();
        }
    }

    void IControlEvents<LocalMessage>.OnClosed(int node, CloseReason reason) => _lost.Set();

    private void Run()
    {
        var (alone, parent) = (Environment.TickCount64, Signals.ParentProcess());
        while (!_ended)
        {
            _lost.Reset();
            if (Connect() is { } client)
            {
                lock (_gate)
                {
                    _client = client;
                }

                Introduce();
                _lost.Wait();
                alone = Environment.TickCount64;
                lock (_gate)
                {
                    _client = null;
                }

                client.Dispose();
            }
            else if (Environment.TickCount64 - alone > (long)_assignment.OrphanGrace.TotalMilliseconds || HasLostItsSilo(parent))
            {
                Orphaned();
                return;
            }

            lock (_gate)
            {
                if (!_ended)
                {
                    Monitor.Wait(_gate, Look);
                }
            }
        }
    }

    // A silo has no successor that could be found: its child need not look for one.
    private bool HasLostItsSilo(int parent) => _assignment.Supervisor is not null && Signals.ParentProcess() != parent;

    private ControlClient<LocalMessage>? Connect()
    {
        try
        {
            if ((_assignment.Supervisor ?? SupervisorPost.Read(_assignment.RunFolder)?.Address) is not { } address)
            {
                return null;
            }

            var (client, _) = ControlClient<LocalMessage>.Connect(
                IPEndPoint.Parse(address), NodeProcess.SupervisorNode, _assignment.Identity, _options, LocalJson.Contract, _counters, this);
            return client;
        }
        catch (Exception error) when (error is IOException or InvalidDataException or FormatException or UnauthorizedAccessException)
        {
            // A folder that cannot be read now may be in a moment; the grace bounds how long that is tried.
            return null;
        }
    }
}
