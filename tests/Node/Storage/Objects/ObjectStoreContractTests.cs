using AtomGrains.Node.Storage.Objects;

namespace AtomGrains.Node.Tests.Storage.Objects;

/// <summary>What every store of checkpoints has to keep; a subclass each.</summary>
public abstract class ObjectStoreContractTests
{
    /// <summary>Empty, and its own.</summary>
    protected abstract IObjectStore Store { get; }

    /// <summary>Another client of the same store, as another process would have it.</summary>
    protected abstract IObjectStore Other();

    [Fact]
    public void AnObjectComesBackByteForByte()
    {
        var parts = Parts(9_000_001, 0, 1, 5);
        Assert.True(Store.PutIfAbsent("a/b/whole", parts));
        Assert.Equal(Flat(parts), Read("a/b/whole"));
        Assert.Equal(9_000_007, Other().Find("a/b/whole")!.Bytes);
    }

    [Fact]
    public void ARangeIsReadFromItsPlace()
    {
        var parts = Parts(1000, 2000);
        Store.PutIfAbsent("range", parts);
        var bytes = new byte[1500];
        Store.ReadRange("range", 700, bytes);
        Assert.Equal(Flat(parts)[700..2200], bytes);
        Assert.Throws<EndOfStreamException>(() => Store.ReadRange("range", 1501, bytes));
    }

    [Fact]
    public void WhatIsNotThereIsSaidToBeMissing()
    {
        Assert.Throws<FileNotFoundException>(() => Store.ReadRange("no/such", 0, new byte[1]));
        Assert.Null(Store.Find("no/such"));
        Assert.Empty(Store.List("no/"));
        Store.Delete("no/such");
        Assert.False(Store.PutIfMatch("no/such", "tag", Parts(1)));
    }

    [Fact]
    public void ANameIsTakenOnceAndItsFirstObjectStays()
    {
        Assert.True(Store.PutIfAbsent("once", Parts(10)));
        Assert.False(Other().PutIfAbsent("once", Parts(20)));
        Assert.Equal(10, Read("once").Length);
    }

    [Fact]
    public void OfAllWhoTryToTakeANameOneDoes()
    {
        for (var round = 0; round < 5; round++)
        {
            var name = $"race/{round}";
            var won = new bool[6];
            Parallel.For(0, won.Length, new ParallelOptions { MaxDegreeOfParallelism = won.Length }, i => won[i] = Other().PutIfAbsent(name, [new[] { (byte)i }]));
            var winner = Assert.Single(Enumerable.Range(0, won.Length), i => won[i]);
            Assert.Equal([(byte)winner], Read(name));
        }
    }

    [Fact]
    public void AnObjectIsReplacedByWhoKnowsItAlone()
    {
        Store.PutIfAbsent("match", Parts(10));
        var first = Store.Find("match")!.Tag!;
        Assert.True(Other().PutIfMatch("match", first, Parts(11)));
        Assert.False(Store.PutIfMatch("match", first, Parts(12)));
        Assert.Equal(11, Read("match").Length);
        Assert.NotEqual(first, Store.Find("match")!.Tag);
    }

    [Fact]
    public void OfAllWhoReplaceOneObjectOneDoes()
    {
        Store.PutIfAbsent("swap", Parts(10));
        var tag = Store.Find("swap")!.Tag!;
        var won = new bool[6];
        Parallel.For(0, won.Length, new ParallelOptions { MaxDegreeOfParallelism = won.Length }, i => won[i] = Other().PutIfMatch("swap", tag, Parts(100 + i)));
        var winner = Assert.Single(Enumerable.Range(0, won.Length), i => won[i]);
        Assert.Equal(100 + winner, Read("swap").Length);
    }

    [Fact]
    public void AListingIsOfThePrefixAndInOrder()
    {
        foreach (var name in (string[])["b/2", "a/1", "b/10", "b/1", "bb/1", "b/x/y"])
        {
            Store.PutIfAbsent(name, Parts(3));
        }

        Assert.Equal(["b/1", "b/10", "b/2", "b/x/y"], Other().List("b/").Select(entry => entry.Name));
        Assert.Equal(["b/1", "b/10"], Store.List("b/1").Select(entry => entry.Name));
        Assert.Equal(6, Store.List("").Count);
        Assert.All(Store.List(""), entry => Assert.Equal(3, entry.Bytes));
        Assert.All(Store.List(""), entry => Assert.InRange(entry.Written, DateTimeOffset.UtcNow - TimeSpan.FromMinutes(5), DateTimeOffset.UtcNow + TimeSpan.FromMinutes(5)));
    }

    [Fact]
    public void WhatIsDeletedIsGoneAndItsNameIsFree()
    {
        Store.PutIfAbsent("gone", Parts(3));
        Other().Delete("gone");
        Assert.Null(Store.Find("gone"));
        Assert.True(Store.PutIfAbsent("gone", Parts(4)));
    }

    [Theory]
    [InlineData("../out")]
    [InlineData("/abs")]
    [InlineData("a//b")]
    [InlineData("a/.hidden")]
    [InlineData("")]
    [InlineData("a b")]
    public void ANameThatLeadsElsewhereIsRefused(string name) => Assert.Throws<ArgumentException>(() => Store.PutIfAbsent(name, Parts(1)));

    protected static IReadOnlyList<ReadOnlyMemory<byte>> Parts(params int[] lengths) => [.. lengths.Select((length, part) =>
    {
        var bytes = new byte[length];
        new Random(part).NextBytes(bytes);
        return (ReadOnlyMemory<byte>)bytes;
    })];

    protected static byte[] Flat(IEnumerable<ReadOnlyMemory<byte>> parts) => [.. parts.SelectMany(part => part.ToArray())];

    protected byte[] Read(string name)
    {
        var bytes = new byte[Store.List(name).Single(entry => entry.Name == name).Bytes];
        Store.ReadRange(name, 0, bytes);
        return bytes;
    }
}
