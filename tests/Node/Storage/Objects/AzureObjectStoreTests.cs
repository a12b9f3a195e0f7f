using AtomGrains.Azure;
using AtomGrains.Node.Storage.Objects;

namespace AtomGrains.Node.Tests.Storage.Objects;

[Trait("Needs", "Azurite")]
public sealed class AzureObjectStoreTests(AzuriteServer server) : ObjectStoreContractTests, IClassFixture<AzuriteServer>
{
    // A container for each test: the first object makes it.
    private readonly AzureStoreName _name = AzureStoreName.Parse($"az://c{Guid.NewGuid():N}/runs/one");

    protected override IObjectStore Store => new AzureObjectStore(_name, server.ConnectionString);

    protected override IObjectStore Other() => Store;

    [Fact]
    public void PrefixesOfOneContainerAreStoresOfTheirOwn()
    {
        var neighbour = new AzureObjectStore(_name with { Prefix = "runs/oneself" }, server.ConnectionString);
        Assert.True(Store.PutIfAbsent("a", Parts(3)));
        Assert.Empty(neighbour.List(""));
        Assert.True(neighbour.PutIfAbsent("a", Parts(4)));
        Assert.Equal(3, Assert.Single(Store.List("")).Bytes);
    }

    [Fact]
    public void ManyBlocksMakeOneObject()
    {
        var parts = Parts([.. Enumerable.Repeat(700_000, 12)]);
        Store.PutIfAbsent("blocks", parts);
        Assert.Equal(Flat(parts), Read("blocks"));
    }
}
