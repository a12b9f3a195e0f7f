using System.Runtime.Versioning;
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

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void WhatIsNotAllowedIsAnErrorOfInputAndOutput()
    {
        _store.PutIfAbsent("a/object", Parts(3));
        File.WriteAllText(_folder.File("store/a/.tmp-1-torn"), "half");
        var tag = _store.Find("a/object")!.Tag!;
        var mode = File.GetUnixFileMode(_folder.File("store"));
        const UnixFileMode Seen = UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        File.SetUnixFileMode(_folder.Path, File.GetUnixFileMode(_folder.Path) | Seen);
        File.SetUnixFileMode(_folder.File("store"), UnixFileMode.None);
        try
        {
            Denied(() => _store.PutIfAbsent("a/b/other", Parts(1)));
            Denied(() => _store.PutIfMatch("a/object", tag, Parts(1)));
            Denied(() => _store.ReadRange("a/object", 0, new byte[1]));
            Denied(() => _store.Find("a/object"));
            Denied(() => _store.List(""));
            Denied(() => _store.Delete("a/object"));
            Denied(() => _store.RemoveRemains(DateTimeOffset.UtcNow + TimeSpan.FromSeconds(1)));
        }
        finally
        {
            File.SetUnixFileMode(_folder.File("store"), mode);
        }

        static void Denied(Action call) => Assert.IsAssignableFrom<IOException>(Powerless.Do(call));
    }

    public void Dispose() => _folder.Dispose();
}
