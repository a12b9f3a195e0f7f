using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using AtomGrains.Core.Options;
using AtomGrains.Node.Transport.Tls;

namespace AtomGrains.Clustering.Tls;

/// <summary>
/// A handshake with a silo's port and nothing after it: Orleans tells whoever is not let in that nobody answers, and only
/// the handshake knows why. A fault is said when a certificate was seen and not taken, or the silo has hung up twice behind the
/// handshake, at whose end it looks at this one's; a connection that ends for any other reason says nothing.
/// </summary>
internal static class TlsProbe
{
    // A silo that lives answers within milliseconds, and as soon as it has taken a certificate it speaks itself.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <param name="files">This process's own; null where it does not encrypt.</param>
    public static async Task<TlsVerdict> AskAsync(IPEndPoint silo, TlsFiles? files)
    {
        // Once it may have been a silo that ends, whose port refuses the next.
        var (verdict, hasHungUp) = await AskOnceAsync(silo, files).ConfigureAwait(false);
        (verdict, hasHungUp) = hasHungUp ? await AskOnceAsync(silo, files).ConfigureAwait(false) : (verdict, false);
        return hasHungUp && files is { } own
            ? new TlsVerdict(false, new SettingError(TlsFiles.CertificateFlag, own.Certificate, $"is refused by the silo at {silo}: it is of an authority that is not its cluster's, or not valid now"))
            : verdict;
    }

    private static async Task<(TlsVerdict Verdict, bool HasHungUp)> AskOnceAsync(IPEndPoint silo, TlsFiles? files)
    {
        using var late = new CancellationTokenSource(Patience);
        using var socket = new TcpClient(silo.AddressFamily);
        bool? isTheirsTaken = null;
        try
        {
            await socket.ConnectAsync(silo, late.Token).ConfigureAwait(false);
            var stream = new SslStream(socket.GetStream());
            await using (stream.ConfigureAwait(false))
            {
                await stream.AuthenticateAsClientAsync(Options(files, taken => isTheirsTaken = taken), late.Token).ConfigureAwait(false);

                // In TLS 1.3 the other end looks at this one's certificate after that.
                if (files is not null)
                {
                    var hasSpoken = await stream.ReadAsync(new byte[1], late.Token).ConfigureAwait(false) > 0;
                    return (new TlsVerdict(hasSpoken), !hasSpoken);
                }
            }
        }
        catch (Exception error) when (error is AuthenticationException or IOException or SocketException or OperationCanceledException or CryptographicException)
        {
            return (new TlsVerdict(false, Fault(silo, files, isTheirsTaken)), isTheirsTaken == true && IsAlert(error));
        }

        return (new TlsVerdict(false, Fault(silo, files, isTheirsTaken)), false);
    }

    private static SslClientAuthenticationOptions Options(TlsFiles? files, Action<bool> seen)
    {
        // Who has no certificate asks whether it takes one, and believes nothing.
        var options = files is null ? new SslClientAuthenticationOptions { TargetHost = "" } : new TlsCertificates(files).Client();
        var check = options.RemoteCertificateValidationCallback ?? ((_, _, _, _) => false);
        options.RemoteCertificateValidationCallback = (sender, certificate, chain, errors) =>
        {
            var taken = check(sender, certificate, chain, errors);
            seen(taken);
            return taken;
        };
        return options;
    }

    private static SettingError? Fault(IPEndPoint silo, TlsFiles? files, bool? isTheirsTaken) => (files, isTheirsTaken) switch
    {
        (null, not null) => new SettingError(TlsFiles.CertificateFlag, "", $"must be given: the silo at {silo} lets in nobody without a certificate of its cluster's authority"),
        ({ } own, false) => new SettingError(TlsFiles.AuthorityFlag, own.Authority, $"is not the authority of the certificate that the silo at {silo} shows, or that one is not valid now"),
        _ => null,
    };

    // A connection that was cut is an error of its socket.
    private static bool IsAlert(Exception error) => error is AuthenticationException or IOException && error.InnerException is not (null or SocketException);
}
