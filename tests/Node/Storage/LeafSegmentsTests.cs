using AtomGrains.Core.Membership;
using AtomGrains.Node.Storage;

namespace AtomGrains.Node.Tests.Storage;

public sealed class LeafSegmentsTests : IDisposable
{
    private static readonly Lineage First = new(new Generation(1)), Second = new(new Generation(4));

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void WhatWasAppendedIsFoundByHistoryAndVersion()
    {
        using (var segments = new LeafSegments(_folder.Path))
        {
            segments.Append(First, 0, Leaves(1));
            segments.Append(First, 1, Leaves(2));
            segments.Append(Second, 1, Leaves(3));

            // While it is written as well.
            Assert.Equal(Leaves(2), LeafSegments.Find(_folder.Path, 1, 1));
        }

        Assert.Equal(Leaves(1), LeafSegments.Find(_folder.Path, 1, 0));
        Assert.Equal(Leaves(3), LeafSegments.Find(_folder.Path, 4, 1));
        Assert.Null(LeafSegments.Find(_folder.Path, 4, 2));
    }

    [Fact]
    public void ASuccessorBeginsAFileOfItsOwnAndATornRecordHidesNothing()
    {
        Append(version: 0);
        var torn = Directory.GetFiles(_folder.File(LeafSegments.FolderName)).Single();
        File.WriteAllBytes(torn, [.. File.ReadAllBytes(torn), 1, 2, 3]);
        Append(version: 1);
        Assert.NotNull(LeafSegments.Find(_folder.Path, 1, 0));
        Assert.NotNull(LeafSegments.Find(_folder.Path, 1, 1));
        Assert.Equal(["000001.bin", "000002.bin"], Names());
    }

    [Fact]
    public void AFileWhoseHeaderIsTornIsPassedOver()
    {
        Append(version: 0);
        File.WriteAllBytes(Path.Combine(_folder.File(LeafSegments.FolderName), "000002.bin"), "AGLEAF"u8.ToArray());
        Assert.NotNull(LeafSegments.Find(_folder.Path, 1, 0));
    }

    [Fact]
    public void TheFolderIsBoundedAndTheOldestGoesFirst()
    {
        var leaves = new byte[4096 * 8];
        using var segments = new LeafSegments(_folder.Path);
        var versions = 0L;
        for (; Names().FirstOrDefault() is null or "000001.bin"; versions++)
        {
            segments.Append(First, versions, leaves);
        }

        var bytes = Directory.EnumerateFiles(_folder.File(LeafSegments.FolderName)).Sum(path => new FileInfo(path).Length);
        Assert.InRange(bytes, 0, (LeafSegments.MostFiles * LeafSegments.MostBytes) + (LeafSegments.MostFiles * leaves.Length));
        Assert.Null(LeafSegments.Find(_folder.Path, 1, 0));
        Assert.NotNull(LeafSegments.Find(_folder.Path, 1, versions - 1));
    }

    [Fact]
    public void SomethingElseIsRefusedByName()
    {
        Directory.CreateDirectory(_folder.File(LeafSegments.FolderName));
        File.WriteAllBytes(Path.Combine(_folder.File(LeafSegments.FolderName), "000001.bin"), new byte[64]);
        Assert.Contains("000001.bin", Assert.Throws<InvalidDataException>(() => LeafSegments.Find(_folder.Path, 1, 0)).Message, StringComparison.Ordinal);
    }

    private static byte[] Leaves(byte seed) => [.. Enumerable.Range(0, 24).Select(i => (byte)(i * seed))];

    private void Append(long version)
    {
        using var segments = new LeafSegments(_folder.Path);
        segments.Append(First, version, Leaves(1));
    }

    private IEnumerable<string> Names() =>
        Directory.Exists(_folder.File(LeafSegments.FolderName)) ? Directory.EnumerateFiles(_folder.File(LeafSegments.FolderName)).Select(path => Path.GetFileName(path)).Order() : [];
}
