using AtomGrains.Node.Transport;
using AtomGrains.Node.Transport.Tls;
using AtomGrains.Tests.Support.Tls;

namespace AtomGrains.Node.Tests.Transport.Tls;

/// <summary>Frames over TLS arrive as they do without.</summary>
public sealed class EncryptedRoundTripTests : TensorRoundTripTests, IDisposable
{
    private readonly Authority _authority = new();

    protected override TransportOptions Small => Pair.Small with { Tls = new TlsCertificates(_authority.Issue("node").Files) };

    public void Dispose() => _authority.Dispose();
}
