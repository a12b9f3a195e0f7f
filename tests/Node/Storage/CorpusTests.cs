using System.Text;
using AtomGrains.Core.Options;
using AtomGrains.Node.Storage;

namespace AtomGrains.Node.Tests.Storage;

public sealed class CorpusTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AFolderIsReadInOrdinalOrderWithoutHiddenFiles()
    {
        _folder.Write("b.txt", "two "u8.ToArray());
        _folder.Write("B.txt", "one "u8.ToArray());
        _folder.Write("sub/a.txt", "three"u8.ToArray());
        _folder.Write(".git/config", [0xFF]);
        Assert.Equal("one two three", Text(Corpus.Open(_folder.Path)));
    }

    [Fact]
    public void CharactersAcrossChunkBoundsAreWhole()
    {
        // 65,535 one-byte characters push the first of these across every chunk's end.
        var text = new string('a', 65_535) + string.Concat(Enumerable.Repeat("é€😀", 30_000));
        Assert.Equal(text, Text(Corpus.Open(_folder.Write("long.txt", Encoding.UTF8.GetBytes(text)))));
    }

    [Fact]
    public void AByteOrderMarkIsNoPartOfTheText() =>
        Assert.Equal("x\uFEFF", Text(Corpus.Open(_folder.Write("bom.txt", Encoding.UTF8.GetBytes("\uFEFFx\uFEFF")))));

    [Theory]
    [InlineData(0, new byte[] { 0xFF }, "byte 0xFF at offset 0")]
    [InlineData(70_000, new byte[] { 0x00, 0x61 }, "byte 0x00 at offset 70000")]
    [InlineData(65_535, new byte[] { 0xC3, 0x28 }, "byte 0xC3 at offset 65535")]
    [InlineData(3, new byte[] { 0xE2, 0x82 }, "byte 0xE2 at offset 3")]
    [InlineData(3, new byte[] { 0xED, 0xA0, 0x80 }, "byte 0xED at offset 3")]
    public void AFileThatIsNoTextIsNamedWithTheOffset(int letters, byte[] bad, string reason)
    {
        var file = _folder.Write("bad.bin", [.. Enumerable.Repeat((byte)'a', letters), .. bad]);
        var error = Assert.Throws<InvalidSettingsException>(() => Text(Corpus.Open(file)));
        Assert.Equal($"--data {file}: is not UTF-8 text: {reason}", error.Message);
    }

    [Fact]
    public void MissingAndEmptyTextsAreRefused()
    {
        Refused(_folder.File("nothing.txt"), "does not exist");
        Refused(_folder.Path, "has no files");
        Refused(_folder.Write("empty.txt", []), "is empty");
        Refused(_folder.Path, "is empty");
    }

    private static void Refused(string path, string reason) =>
        Assert.Contains(reason, Assert.Throws<InvalidSettingsException>(() => Corpus.Open(path)).Message, StringComparison.Ordinal);

    private static string Text(Corpus corpus)
    {
        var text = new StringBuilder();
        corpus.Read(runes =>
        {
            foreach (var rune in runes)
            {
                text.Append(rune.ToString());
            }
        });
        return text.ToString();
    }
}
