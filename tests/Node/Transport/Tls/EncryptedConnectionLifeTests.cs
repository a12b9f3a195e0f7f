using AtomGrains.Node.Transport;
using AtomGrains.Node.Transport.Tls;
using AtomGrains.Tests.Support.Tls;

namespace AtomGrains.Node.Tests.Transport.Tls;

/// <summary>Connections over TLS come, go and leave nothing behind as they do without.</summary>
[Collection(nameof(WholeProcess))]
public sealed class EncryptedConnectionLifeTests : ConnectionLifeTests, IDisposable
{
    private readonly Authority _authority = new();

    protected override TransportOptions Small => Pair.Small with { Tls = new TlsCertificates(_authority.Issue("node").Files) };

    public void Dispose() => _authority.Dispose();
}
