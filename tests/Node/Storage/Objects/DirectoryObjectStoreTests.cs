using AtomGrains.Node.Storage.Objects;

namespace AtomGrains.Node.Tests.Storage.Objects;

public sealed class DirectoryObjectStoreTests : ObjectStoreContractTests, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DirectoryObjectStore _store;

    public DirectoryObjectStoreTests() => _store = new DirectoryObjectStore(_folder.File("store"));

    protected override IObjectStore Store => _store;

    protected override IObjectStore Other() => new DirectoryObjectStore(_folder.File("store"));

    [Fact]
    public void WhatAKilledWriterLeftIsNoObjectAndIsRemovedOnceOld()
    {
        _store.PutIfAbsent("a/whole", Parts(3));
        var torn = Path.Combine(_folder.File("store"), "a", ".tmp-1-torn");
        File.WriteAllText(torn, "half");
        Assert.Equal(["a/whole"], _store.List("").Select(entry => entry.Name));
        _store.RemoveRemains(DateTimeOffset.UtcNow - TimeSpan.FromHours(1));
        Assert.True(File.Exists(torn));
        _store.RemoveRemains(DateTimeOffset.UtcNow + TimeSpan.FromSeconds(1));
        Assert.False(File.Exists(torn));
        Assert.Equal(3, Read("a/whole").Length);
    }

    [Fact]
    public void AFolderThatIsAFileIsAnErrorOfInputAndOutput()
    {
        File.WriteAllText(_folder.File("file"), "");
        Assert.ThrowsAny<IOException>(() => new DirectoryObjectStore(_folder.File("file")).PutIfAbsent("a", Parts(1)));
    }

    public void Dispose() => _folder.Dispose();
}
