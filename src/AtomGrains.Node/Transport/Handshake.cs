using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using AtomGrains.Node.Transport.Tls;

namespace AtomGrains.Node.Transport;

/// <summary>
/// Both sides prove that they know the run's secret, by HMAC-SHA256 over both sides' fresh nonces, before
/// either believes a byte. Dialler: hello (magic, version, channel, run, from, to, nonce); acceptor: nonce;
/// dialler: proof; acceptor: proof. The acceptor says nothing to one of another run, and no more
/// than a nonce to one without the secret. It authenticates the connection's ends; without TLS it is no guard against one who
/// can read or alter packets under way. With TLS it goes on inside of it, within the same deadline, and the proofs cover the
/// acceptor's certificate: a member of the cluster without the run's secret cannot stand between the two and pass them on.
/// </summary>
internal sealed class Handshake
{
    private const uint Magic = 0x48_54_47_41; // "AGTH"
    private const ushort Version = 1;
    private const int NonceBytes = 32;
    private const int RunBytes = 16;
    private const int HelloBytes = 4 + 2 + 2 + RunBytes + 4 + 4 + NonceBytes;
    private const int MessageBytes = 1 + HelloBytes + NonceBytes;
    private const byte DiallerSpeaks = 1;
    private const byte AcceptorSpeaks = 2;

    private readonly TransportIdentity _self;
    private readonly Channel _channel;
    private readonly byte[] _run;
    private readonly TimeSpan _timeout;
    private readonly TlsCertificates? _tls;

    /// <param name="timeout">For all of it.</param>
    /// <param name="tls">Both ends' proof of the cluster; null where they do not encrypt.</param>
    public Handshake(TransportIdentity self, Channel channel, TimeSpan timeout, TlsCertificates? tls = null)
    {
        _self = self;
        _channel = channel;
        _run = SHA256.HashData(Encoding.UTF8.GetBytes(self.RunId))[..RunBytes];
        _timeout = timeout;
        _tls = tls;
    }

    /// <summary>What the connection is for; a proof for one channel is none for the other.</summary>
    public enum Channel : ushort
    {
        Tensor = 1,
        Control = 2,
    }

    /// <summary>Proves this node to <paramref name="target"/> and the target to it. False: the wire is closed, with a reason.</summary>
    public bool Dial(Wire wire, int target)
    {
        using var deadline = Deadline(wire);
        if (_tls is not null && !wire.Encrypt(_tls, isAcceptor: false))
        {
            return false;
        }

        Span<byte> message = stackalloc byte[MessageBytes + wire.Binding.Length];
        wire.Binding.CopyTo(message[MessageBytes..]);
        var hello = message.Slice(1, HelloBytes);
        WriteHello(hello, target);
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        if (!wire.Send(hello) || !wire.Receive(message[(1 + HelloBytes)..MessageBytes], insideFrame: false))
        {
            return false;
        }

        message[0] = DiallerSpeaks;
        _self.Secret.Sign(message, mac);
        if (!wire.Send(mac) || !wire.Receive(mac, insideFrame: false))
        {
            return false;
        }

        message[0] = AcceptorSpeaks;
        return _self.Secret.Verify(message, mac) || Refuse(wire, CloseReason.WrongSecret);
    }

    /// <summary>Lets a dialler prove itself. False: the wire is closed, with a reason.</summary>
    public bool Accept(Wire wire, out int from)
    {
        using var deadline = Deadline(wire);
        from = 0;
        if (_tls is not null && !wire.Encrypt(_tls, isAcceptor: true))
        {
            return false;
        }

        Span<byte> message = stackalloc byte[MessageBytes + wire.Binding.Length];
        wire.Binding.CopyTo(message[MessageBytes..]);
        var hello = message.Slice(1, HelloBytes);
        if (!wire.Receive(hello, insideFrame: false))
        {
            return false;
        }

        if (ReadHello(hello, out from) is { } fault)
        {
            return Refuse(wire, fault);
        }

        var nonce = message[(1 + HelloBytes)..MessageBytes];
        RandomNumberGenerator.Fill(nonce);
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        if (!wire.Send(nonce) || !wire.Receive(mac, insideFrame: true))
        {
            return false;
        }

        message[0] = DiallerSpeaks;
        if (!_self.Secret.Verify(message, mac))
        {
            return Refuse(wire, CloseReason.WrongSecret);
        }

        message[0] = AcceptorSpeaks;
        _self.Secret.Sign(message, mac);
        return wire.Send(mac);
    }

    private static bool Refuse(Wire wire, CloseReason reason)
    {
        wire.Close(reason);
        return false;
    }

    private Timer Deadline(Wire wire) =>
        new(_ => wire.Close(CloseReason.HandshakeTimeout), null, _timeout, Timeout.InfiniteTimeSpan);

    private void WriteHello(Span<byte> hello, int target)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(hello, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(hello[4..], Version);
        BinaryPrimitives.WriteUInt16LittleEndian(hello[6..], (ushort)_channel);
        _run.CopyTo(hello[8..]);
        BinaryPrimitives.WriteInt32LittleEndian(hello[24..], _self.NodeId);
        BinaryPrimitives.WriteInt32LittleEndian(hello[28..], target);
        RandomNumberGenerator.Fill(hello[32..]);
    }

    private CloseReason? ReadHello(ReadOnlySpan<byte> hello, out int from)
    {
        from = BinaryPrimitives.ReadInt32LittleEndian(hello[24..]);
        if (BinaryPrimitives.ReadUInt32LittleEndian(hello) != Magic
            || BinaryPrimitives.ReadUInt16LittleEndian(hello[4..]) != Version
            || BinaryPrimitives.ReadUInt16LittleEndian(hello[6..]) != (ushort)_channel)
        {
            return CloseReason.HandshakeMalformed;
        }

        if (!hello.Slice(8, RunBytes).SequenceEqual(_run))
        {
            return CloseReason.WrongRun;
        }

        return BinaryPrimitives.ReadInt32LittleEndian(hello[28..]) == _self.NodeId ? null : CloseReason.WrongTarget;
    }
}
