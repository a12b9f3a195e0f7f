using System.Net;
using System.Net.Sockets;

namespace AtomGrains.Node.Transport;

/// <summary>
/// Listens, lets each caller prove itself on a thread of its own, and hands the proven wires on. At most a
/// bounded number of callers is unproven at any time; further ones are closed unread.
/// </summary>
internal sealed class Acceptor : IDisposable
{
    private const int StackBytes = 512 * 1024;

    private readonly Socket _listener;
    private readonly Handshake _handshake;
    private readonly int _maxUnproven;
    private readonly int _socketBufferBytes;
    private readonly Action<IPAddress?, CloseReason> _refused;
    private readonly Action<Wire, int> _serve;
    private readonly HashSet<Wire> _unproven = [];
    private readonly Thread _thread;
    private bool _disposed;

    /// <param name="endpoint">Where to listen; PortTakenException when someone else does.</param>
    /// <param name="handshake">What callers must pass.</param>
    /// <param name="maxUnproven">Callers that may be in the handshake at once.</param>
    /// <param name="socketBufferBytes">Kernel buffer per direction.</param>
    /// <param name="refused">Told address and reason of each caller that did not pass.</param>
    /// <param name="serve">Given wire and node of each that did, on a thread that is its own until it returns.</param>
    /// <param name="ports">To take the first free one of, instead of the endpoint's.</param>
    public Acceptor(
        IPEndPoint endpoint, Handshake handshake, int maxUnproven, int socketBufferBytes, Action<IPAddress?, CloseReason> refused, Action<Wire, int> serve, PortRange? ports = null)
    {
        _handshake = handshake;
        _maxUnproven = maxUnproven;
        _socketBufferBytes = socketBufferBytes;
        _refused = refused;
        _serve = serve;
        _listener = Bind(endpoint, ports);
        Endpoint = (IPEndPoint)_listener.LocalEndPoint!;
        _thread = new Thread(AcceptAll, StackBytes) { IsBackground = true, Name = $"accept :{Endpoint.Port}" };
    }

    /// <summary>Where it listens, with the port that the system chose where 0 was asked for.</summary>
    public IPEndPoint Endpoint { get; }

    public void Start() => _thread.Start();

    public void Dispose()
    {
        Wire[] unproven;
        lock (_unproven)
        {
            _disposed = true;
            unproven = [.. _unproven];
        }

        _listener.Dispose();
        foreach (var wire in unproven)
        {
            wire.Close(CloseReason.ClosedHere);
        }

        if (_thread.IsAlive)
        {
            _thread.Join();
        }
    }

    // The first free one; of several who try at once, each gets another.
    private static Socket Bind(IPEndPoint endpoint, PortRange? ports)
    {
        for (var port = ports?.First; port < ports?.Last; port++)
        {
            try
            {
                return Bind(new IPEndPoint(endpoint.Address, port.Value));
            }
            catch (PortTakenException)
            {
                // There is another.
            }
        }

        return Bind(ports is { Last: var last } ? new IPEndPoint(endpoint.Address, last) : endpoint);
    }

    private static Socket Bind(IPEndPoint endpoint)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(endpoint);
            socket.Listen(backlog: 128);
            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw e.SocketErrorCode == SocketError.AddressAlreadyInUse
                ? new PortTakenException(endpoint, e)
                : new IOException($"cannot listen on {endpoint}: {e.Message}", e);
        }
    }

    private void AcceptAll()
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = _listener.Accept();
            }
            catch (Exception e) when (e is ObjectDisposedException or SocketException)
            {
                if (Volatile.Read(ref _disposed))
                {
                    return;
                }

                // A caller that left before it was accepted, or no descriptor left for now: neither ends the listener.
                // The pause keeps the second from turning into a busy loop.
                Thread.Sleep(10);
                continue;
            }

            Admit(socket);
        }
    }

    private void Admit(Socket socket)
    {
        Wire wire;
        try
        {
            wire = new Wire(socket, _socketBufferBytes);
        }
        catch (SocketException)
        {
            socket.Dispose();
            _refused(null, CloseReason.ConnectionReset);
            return;
        }

        bool admitted;
        lock (_unproven)
        {
            admitted = !_disposed && _unproven.Count < _maxUnproven && _unproven.Add(wire);
        }

        if (!admitted)
        {
            _refused(wire.Peer, wire.Close(CloseReason.TooManyUnauthenticated));
            return;
        }

        new Thread(() => Prove(wire), StackBytes) { IsBackground = true, Name = "accepted" }.Start();
    }

    private void Prove(Wire wire)
    {
        var proven = _handshake.Accept(wire, out var from);
        lock (_unproven)
        {
            _unproven.Remove(wire);
            proven &= !_disposed;
        }

        if (proven)
        {
            _serve(wire, from);
        }
        else
        {
            _refused(wire.Peer, wire.Close(CloseReason.ClosedHere));
        }
    }
}
