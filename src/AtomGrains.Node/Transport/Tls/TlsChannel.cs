using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace AtomGrains.Node.Transport.Tls;

/// <summary>
/// The TLS 1.3 of one <see cref="Wire"/>: certificates at both ends, of the cluster's authorities and nobody else's. Blocking
/// calls only, as the wire's are; one thread may receive while another sends, and any thread may dispose.
/// </summary>
internal sealed class TlsChannel(Socket socket) : IDisposable
{
    // The type of TLS's first record, and of no other protocol's first byte that is spoken here.
    private const byte HandshakeRecord = 22;

    private SslStream? _stream;
    private CloseReason? _verdict;

    /// <summary>SHA-256 of the acceptor's certificate; empty before it is proven.</summary>
    public byte[] Binding { get; private set; } = [];

    /// <summary>Lets both ends prove themselves; whoever calls bounds the time, by closing the socket.</summary>
    /// <returns>Why it did not come about; null when it did.</returns>
    public CloseReason? Prove(TlsCertificates certificates, bool isAcceptor)
    {
        try
        {
            // A stream over a socket that is closed by now is refused like one that is closed later.
            _stream = new SslStream(new NetworkStream(socket, ownsSocket: false));
            if (isAcceptor)
            {
                Span<byte> first = stackalloc byte[1];
                if (socket.Receive(first, SocketFlags.Peek) == 0)
                {
                    return CloseReason.PeerClosed;
                }

                if (first[0] != HandshakeRecord)
                {
                    return CloseReason.NotEncrypted;
                }

                var options = certificates.Server();
                options.RemoteCertificateValidationCallback = Judge;
                _stream.AuthenticateAsServer(options);
            }
            else
            {
                var options = certificates.Client();
                options.RemoteCertificateValidationCallback = Judge;
                _stream.AuthenticateAsClient(options);
            }

            Binding = (isAcceptor ? _stream.LocalCertificate! : _stream.RemoteCertificate!).GetCertHash(HashAlgorithmName.SHA256);
            return null;
        }
        catch (Exception error)
        {
            // All of them: what a stranger says goes through more code than this project's, on a thread whose end would be
            // the process's.
            return _verdict ?? (error is AuthenticationException or CryptographicException ? CloseReason.TlsFailed : CloseReason.ConnectionReset);
        }
    }

    /// <returns>Bytes; 0 at the end of the connection, for the reason given, or in order when there is none.</returns>
    public int Receive(Span<byte> target, out CloseReason? fault)
    {
        fault = null;
        try
        {
            return _stream!.Read(target);
        }
        catch (IOException error)
        {
            // Without a cause it is an end inside a record.
            fault = error.InnerException is null ? null : error.InnerException is SocketException ? CloseReason.ConnectionReset : CloseReason.TlsBroken;
        }
        catch (ObjectDisposedException)
        {
            // Closed here; the reason is set before the socket goes.
            fault = CloseReason.ConnectionReset;
        }

        return 0;
    }

    /// <returns>Bytes; all of them unless there is an error.</returns>
    public int Send(ReadOnlySpan<byte> bytes, out SocketError error)
    {
        error = SocketError.Success;
        try
        {
            _stream!.Write(bytes);
            return bytes.Length;
        }
        catch (Exception gone) when (gone is IOException or ObjectDisposedException)
        {
            error = SocketError.ConnectionReset;
            return 0;
        }
    }

    public void Dispose() => _stream?.Dispose();

    private bool Judge(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        _verdict = TlsCertificates.IsOfCluster(certificate, errors) ? null
            : certificate is null ? CloseReason.CertificateMissing
            : chain!.ChainStatus.All(fault => fault.Status == X509ChainStatusFlags.NotTimeValid) ? CloseReason.CertificateExpired
            : CloseReason.CertificateUntrusted;
        return _verdict is null;
    }
}
