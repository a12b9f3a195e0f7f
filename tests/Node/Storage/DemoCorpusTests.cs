using System.Text;
using AtomGrains.Core.Options;
using AtomGrains.Node.Storage;

namespace AtomGrains.Node.Tests.Storage;

public sealed class DemoCorpusTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void TagsGoReferencesStayAndLinesComeOnce()
    {
        Pack("Some.Ref/10.0.1", """
            <doc><members><member name="T:A.B"><summary>  Reads a <see cref="T:System.Text.Rune" /> from
              the <paramref name="stream" /> &amp; waits.</summary><remarks>Short.</remarks></member>
            <member name="T:A.C"><summary>Reads a <see cref="T:System.Text.Rune"/> from the <paramref name="stream"/> &amp; waits.</summary>
            <returns>The naïve answer, which is not plain ASCII.</returns><param name="x">The number of characters, as <c>long</c>.</param></member></members></doc>
            """);
        Assert.Equal("Reads a Rune from the stream & waits.\nThe number of characters, as long.\n", Text());
    }

    [Fact]
    public void OnlyTheNewestVersionOfAPackIsRead()
    {
        Pack("Some.Ref/9.0.11", "<doc><summary>An old sentence of many letters.</summary></doc>");
        Pack("Some.Ref/10.0.1", "<doc><summary>A new sentence of many letters.</summary></doc>");
        Assert.Equal("A new sentence of many letters.\n", Text());
    }

    [Fact]
    public void AMachineWithoutPacksIsToldToBringAText()
    {
        var error = Assert.Throws<InvalidSettingsException>(() => DemoCorpus.Load([_folder.Path, _folder.File("missing")]));
        Assert.Contains("--data: the .NET SDK's documentation", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ThisMachinesSdkGivesMegabytesOfEnglishInASmallAlphabet()
    {
        var corpus = TokenizedCorpus.Of(DemoCorpus.Load(), "char", 128);
        Assert.InRange(corpus.Data.TrainTokens + corpus.Data.ValidationTokens, 1_000_000, DemoCorpus.MostBytes);
        Assert.InRange(corpus.Tokenizer.VocabularySize, 60, 96);
        Assert.Equal(corpus.Data, TokenizedCorpus.Of(DemoCorpus.Load(), "char", 128).Data);
    }

    private void Pack(string version, string xml) => _folder.Write($"packs/{version}/ref/net/A.xml", Encoding.UTF8.GetBytes(xml));

    private string Text()
    {
        var text = new StringBuilder();
        DemoCorpus.Load([_folder.Path]).Read(runes =>
        {
            foreach (var rune in runes)
            {
                text.Append(rune.ToString());
            }
        });
        return text.ToString();
    }
}
