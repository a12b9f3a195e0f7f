using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using AtomGrains.Core.Options;

namespace AtomGrains.Node.Transport.Tls;

/// <summary>The PEM files by which silos and clients of a cluster know each other.</summary>
/// <param name="Certificate">This process's own, for both ends of a connection, and those between it and its authority's.</param>
/// <param name="Key">Its private key.</param>
/// <param name="Authority">Root certificates; whoever has one of theirs is a member of the cluster, so they sign for it alone.</param>
public sealed record TlsFiles(string Certificate, string Key, string Authority)
{
    /// <summary>What silos and clients call their settings.</summary>
    public const string CertificateFlag = "--tls-certificate";

    /// <inheritdoc cref="CertificateFlag"/>
    public const string KeyFlag = "--tls-key";

    /// <inheritdoc cref="CertificateFlag"/>
    public const string AuthorityFlag = "--tls-ca";

    /// <summary>Checks what was given; null when anything is wrong, which is added to the errors.</summary>
    public static TlsFiles? Read(string? certificate, string? key, string? authority, ICollection<SettingError> errors)
    {
        var before = errors.Count;
        foreach (var (flag, path) in new[] { (CertificateFlag, certificate), (KeyFlag, key), (AuthorityFlag, authority) })
        {
            if (path is null)
            {
                errors.Add(new SettingError(flag, "", "must be given: FILE.pem"));
            }
            else if (!File.Exists(path))
            {
                errors.Add(new SettingError(flag, path, "must be a file that exists"));
            }
        }

        if (errors.Count > before)
        {
            return null;
        }

        var files = new TlsFiles(Path.GetFullPath(certificate!), Path.GetFullPath(key!), Path.GetFullPath(authority!));
        try
        {
            using var chain = new X509Chain { ChainPolicy = TlsCertificates.PolicyOf(files.ReadAuthorities()) };
            using var own = files.ReadOwn();
            chain.ChainPolicy.ExtraStore.ImportFromPemFile(files.Certificate);
            if (!chain.Build(own))
            {
                errors.Add(new SettingError(CertificateFlag, certificate!, $"must come from an authority in {AuthorityFlag}, and be valid now: {chain.ChainStatus[0].StatusInformation.Trim()}"));
            }
        }
        catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException)
        {
            // Nothing of a file's content is in these messages.
            errors.Add(new SettingError(CertificateFlag, certificate!, $"must be a certificate in PEM, with its key in {KeyFlag} and its authority's certificate in {AuthorityFlag}: {error.Message.TrimEnd('.')}"));
        }

        return errors.Count > before ? null : files;
    }

    /// <exception cref="CryptographicException">The files hold no certificate and its key.</exception>
    internal X509Certificate2 ReadOwn()
    {
        try
        {
            return X509Certificate2.CreateFromPemFile(Certificate, Key);
        }
        catch (ArgumentException error)
        {
            // A key of another certificate, as in the middle of a renewal.
            throw new CryptographicException("the key is not the certificate's", error);
        }
    }

    internal X509Certificate2Collection ReadAuthorities()
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(Authority);
        return authorities.Count > 0 ? authorities : throw new CryptographicException($"{AuthorityFlag} holds no certificate");
    }
}
