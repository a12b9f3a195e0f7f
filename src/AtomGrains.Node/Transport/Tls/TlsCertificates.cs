using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace AtomGrains.Node.Transport.Tls;

/// <summary>
/// What this process shows to others and what it asks of them, for each connection anew: when the files have changed, from
/// them. Files that do not fit together, as in the middle of their renewal, change nothing. Both ends must have a certificate
/// of the cluster's authorities; names in it are not compared, since silos are known by addresses that nobody can know
/// beforehand. Any thread.
/// </summary>
public sealed class TlsCertificates
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    private readonly TlsFiles _files;
    private readonly Lock _gate = new();
    private byte[] _hash;
    private SslStreamCertificateContext _own;
    private X509Certificate2Collection _authorities;

    /// <exception cref="CryptographicException">The files cannot be used.</exception>
    public TlsCertificates(TlsFiles files)
    {
        _files = files;
        _hash = Hash();
        (_own, _authorities) = Load();
    }

    /// <summary>For a process that begins, perhaps in the middle of the files' renewal: waits until they fit together.</summary>
    /// <exception cref="InvalidDataException">They did not in that time, and why.</exception>
    public static TlsCertificates WhenWhole(TlsFiles files, TimeSpan patience)
    {
        for (var began = Stopwatch.GetTimestamp(); ;)
        {
            try
            {
                return new TlsCertificates(files);
            }
            catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException)
            {
                if (Stopwatch.GetElapsedTime(began) > patience)
                {
                    throw new InvalidDataException($"{files.Certificate}, {files.Key} and {files.Authority} cannot be used together: {error.Message}", error);
                }
            }

            Thread.Sleep(Look);
        }
    }

    public SslServerAuthenticationOptions Server()
    {
        var (own, authorities) = Current();
        return new SslServerAuthenticationOptions
        {
            ServerCertificateContext = own,
            ClientCertificateRequired = true,
            CertificateChainPolicy = PolicyOf(authorities),
            RemoteCertificateValidationCallback = IsOfCluster,
            EnabledSslProtocols = SslProtocols.Tls13,

            // A resumed session would show no certificate.
            AllowTlsResume = false,
        };
    }

    public SslClientAuthenticationOptions Client()
    {
        var (own, authorities) = Current();
        return new SslClientAuthenticationOptions
        {
            TargetHost = "",
            ClientCertificateContext = own,
            CertificateChainPolicy = PolicyOf(authorities),
            RemoteCertificateValidationCallback = IsOfCluster,
            EnabledSslProtocols = SslProtocols.Tls13,
            AllowTlsResume = false,
        };
    }

    /// <summary>The cluster's authorities and nobody else's.</summary>
    public static X509ChainPolicy PolicyOf(X509Certificate2Collection authorities)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }

    /// <summary>Whether a certificate was shown and is of the cluster, given what is wrong with it by <see cref="PolicyOf"/>.</summary>
    internal static bool IsOfCluster([NotNullWhen(true)] X509Certificate? certificate, SslPolicyErrors errors) =>
        certificate is not null && (errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) == SslPolicyErrors.None;

    private static bool IsOfCluster(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) => IsOfCluster(certificate, errors);

    private (SslStreamCertificateContext Own, X509Certificate2Collection Authorities) Current()
    {
        lock (_gate)
        {
            try
            {
                // Read, not asked for their times: a mounted secret is a link to a link, whose own time never changes.
                var hash = Hash();
                if (!hash.AsSpan().SequenceEqual(_hash))
                {
                    (_own, _authorities) = Load();
                    _hash = hash;
                }
            }
            catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException)
            {
                // The next connection tries again; if the old ones have expired by then, its handshake says so.
            }

            return (_own, _authorities);
        }
    }

    private (SslStreamCertificateContext, X509Certificate2Collection) Load()
    {
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(_files.Certificate);
        return (SslStreamCertificateContext.Create(_files.ReadOwn(), chain, offline: true), _files.ReadAuthorities());
    }

    private byte[] Hash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var path in new[] { _files.Certificate, _files.Key, _files.Authority })
        {
            hash.AppendData(File.ReadAllBytes(path));
        }

        return hash.GetHashAndReset();
    }
}
