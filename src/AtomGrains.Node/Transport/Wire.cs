using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using AtomGrains.Node.Transport.Tls;

namespace AtomGrains.Node.Transport;

/// <summary>
/// A connected socket with blocking calls, a small read-ahead and exactly one close reason: the first that
/// either side of the process names. Blocking, because with a compute thread on every core each
/// hop between threads may wait for a whole time slice: measured with one busy thread per core, a 64-byte
/// round trip takes 18 µs on blocking threads and 1.8 ms on the thread pool. No call on the socket may be
/// asynchronous: one would turn it non-blocking for good.
/// </summary>
internal sealed class Wire : IDisposable
{
    private const int ReadAheadBytes = 64 * 1024;

    private readonly Socket _socket;
    private readonly byte[] _ahead = GC.AllocateUninitializedArray<byte>(ReadAheadBytes);
    private int _aheadStart;
    private int _aheadEnd;
    private int _reason = -1;
    private volatile TlsChannel? _tls;

    public Wire(Socket socket, int bufferBytes)
    {
        _socket = socket;
        Peer = (socket.RemoteEndPoint as IPEndPoint)?.Address;
        socket.NoDelay = true;
        socket.SendBufferSize = bufferBytes;
        socket.ReceiveBufferSize = bufferBytes;
    }

    /// <summary>Why it closed; null while it is open.</summary>
    public CloseReason? Reason => Volatile.Read(ref _reason) is var reason and >= 0 ? (CloseReason)reason : null;

    /// <summary>Who has connected; null on the side that does.</summary>
    public IPAddress? Peer { get; }

    /// <summary>What both ends know of an encrypted wire, and no third can have between them; empty without encryption.</summary>
    public ReadOnlySpan<byte> Binding => _tls is { } tls ? tls.Binding : [];

    /// <summary>Connects, blocking until it succeeds, fails or the wire is closed.</summary>
    public bool Connect(EndPoint endpoint)
    {
        try
        {
            _socket.Connect(endpoint);
            return Reason is null;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>Proves the certificates of both ends and encrypts what comes from here on. False: it is closed, with a reason.</summary>
    public bool Encrypt(TlsCertificates certificates, bool isAcceptor)
    {
        var tls = _tls = new TlsChannel(_socket);
        if (tls.Prove(certificates, isAcceptor) is { } fault)
        {
            Close(fault);
        }

        if (Reason is null)
        {
            return true;
        }

        // Whoever closed it meanwhile may have been too early to see all of it.
        tls.Dispose();
        return false;
    }

    /// <summary>Fills the target. False when the connection ended; the reason then is set.</summary>
    /// <param name="target">Where the bytes go.</param>
    /// <param name="insideFrame">Whether an end before the first byte already cuts a frame.</param>
    public bool Receive(Span<byte> target, bool insideFrame)
    {
        while (true)
        {
            var ready = Math.Min(_aheadEnd - _aheadStart, target.Length);
            _ahead.AsSpan(_aheadStart, ready).CopyTo(target);
            _aheadStart += ready;
            target = target[ready..];
            insideFrame |= ready > 0;
            if (target.IsEmpty)
            {
                return true;
            }

            if (target.Length >= ReadAheadBytes)
            {
                var direct = ReceiveSome(target, insideFrame);
                if (direct == 0)
                {
                    return false;
                }

                target = target[direct..];
                insideFrame = true;
                continue;
            }

            _aheadStart = 0;
            _aheadEnd = ReceiveSome(_ahead, insideFrame);
            if (_aheadEnd == 0)
            {
                return false;
            }
        }
    }

    public bool Receive(Span<float> target) => Receive(MemoryMarshal.AsBytes(target), insideFrame: true);

    /// <summary>Writes all bytes, blocking while the peer doesn't read. False when the connection ended.</summary>
    public bool Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            SocketError error;
            var sent = 0;
            try
            {
                sent = _tls is { } tls ? tls.Send(bytes, out error) : _socket.Send(bytes, SocketFlags.None, out error);
            }
            catch (ObjectDisposedException)
            {
                error = SocketError.OperationAborted;
            }

            if (error != SocketError.Success)
            {
                Close(CloseReason.ConnectionReset);
                return false;
            }

            bytes = bytes[sent..];
        }

        return true;
    }

    /// <summary>Whether at least a third of the send buffer is free, so that a small write cannot block.</summary>
    public bool CanSendSmall()
    {
        try
        {
            return Reason is null && _socket.Poll(0, SelectMode.SelectWrite);
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            return false;
        }
    }

    /// <summary>Writes as much as there is room for, without waiting; not on an encrypted wire. Returns bytes; -1 when the connection ended.</summary>
    public int SendNow(ReadOnlySpan<byte> bytes)
    {
        var sent = -1;
        try
        {
            sent = Reason is null ? NativeSocket.SendNow(_socket.SafeHandle, bytes) : -1;
        }
        catch (ObjectDisposedException)
        {
            // Closed here; the reason is set before the socket goes.
        }

        if (sent < 0)
        {
            Close(CloseReason.ConnectionReset);
        }

        return sent;
    }

    /// <summary>Waits until the other side ends the connection. A peer that only listens has nothing to say.</summary>
    public CloseReason WaitForEnd()
    {
        Span<byte> nothing = stackalloc byte[1];
        if (Receive(nothing, insideFrame: false))
        {
            Close(CloseReason.BadMagic);
        }

        return Reason!.Value;
    }

    /// <summary>Tells the peer that nothing more will come, once what was sent has arrived.</summary>
    public void EndSending()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            // It has already ended, which is all that was wanted.
        }
    }

    /// <summary>Closes; calls blocked on the socket return. Returns the reason that counts: the first one.</summary>
    public CloseReason Close(CloseReason reason)
    {
        if (Interlocked.CompareExchange(ref _reason, (int)reason, -1) == -1)
        {
            try
            {
                _socket.Shutdown(SocketShutdown.Both);
            }
            catch (Exception e) when (e is ObjectDisposedException or SocketException)
            {
                // The peer was faster.
            }

            _socket.Dispose();
            _tls?.Dispose();
        }

        return Reason!.Value;
    }

    public void Dispose() => Close(CloseReason.ClosedHere);

    private int ReceiveSome(Span<byte> target, bool insideFrame)
    {
        if (_tls is { } tls)
        {
            var deciphered = tls.Receive(target, out var fault);
            if (deciphered == 0)
            {
                Close(fault ?? EndOf(insideFrame));
            }

            return deciphered;
        }

        var error = SocketError.OperationAborted;
        var received = 0;
        try
        {
            received = _socket.Receive(target, SocketFlags.None, out error);
        }
        catch (ObjectDisposedException)
        {
            // Closed here; the reason is set before the socket goes.
        }

        if (error == SocketError.Success && received > 0)
        {
            return received;
        }

        Close(error != SocketError.Success ? CloseReason.ConnectionReset : EndOf(insideFrame));
        return 0;
    }

    private static CloseReason EndOf(bool insideFrame) => insideFrame ? CloseReason.TruncatedFrame : CloseReason.PeerClosed;
}
