using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using AtomGrains.Node.Transport.Tls;

namespace AtomGrains.Tests.Support.Tls;

/// <summary>A certificate authority for as long as a test, with its files in a folder.</summary>
internal sealed class Authority : IDisposable
{
    private static readonly OidCollection BothEnds = [new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")];

    private readonly string _folder;
    private readonly bool _isTemporary;
    private readonly X509Certificate2 _certificate;
    private int _serial;

    public Authority(string folder)
    {
        _folder = Directory.CreateDirectory(folder).FullName;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={Path.GetFileName(folder)}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        _certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(2));
        File.WriteAllText(Path.Combine(_folder, "ca.pem"), _certificate.ExportCertificatePem());
    }

    /// <summary>In a folder of its own, which goes with it.</summary>
    public Authority()
        : this(Directory.CreateTempSubdirectory("atomgrains-authority-").FullName) => _isTemporary = true;

    /// <summary>Writes a certificate and its key; another call of the same name renews them.</summary>
    /// <param name="hours">Until it expires; negative for one that has.</param>
    public (TlsFiles Files, string Serial) Issue(string name, double hours = 1)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(BothEnds, critical: false));
        using var certificate = request.Create(_certificate, DateTimeOffset.UtcNow.AddMinutes(-50), DateTimeOffset.UtcNow.AddHours(hours), [1, (byte)++_serial]);
        var files = new TlsFiles(Path.Combine(_folder, $"{name}.pem"), Path.Combine(_folder, $"{name}.key"), Path.Combine(_folder, "ca.pem"));
        File.WriteAllText(files.Certificate, certificate.ExportCertificatePem());
        File.WriteAllText(files.Key, key.ExportPkcs8PrivateKeyPem());
        return (files, certificate.SerialNumber);
    }

    public void Dispose()
    {
        _certificate.Dispose();
        if (_isTemporary)
        {
            Directory.Delete(_folder, recursive: true);
        }
    }
}
