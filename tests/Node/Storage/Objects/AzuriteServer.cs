using AtomGrains.Chaos.Machine;

namespace AtomGrains.Node.Tests.Storage.Objects;

/// <summary>A real Azurite, as chaos plans have one, for as long as the tests of a class run.</summary>
public sealed class AzuriteServer : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Azurite _azurite;

    public AzuriteServer() => _azurite = new Azurite(_folder.Path);

    public string ConnectionString => _azurite.ConnectionString;

    public void Dispose()
    {
        _azurite.Dispose();
        _folder.Dispose();
    }
}
