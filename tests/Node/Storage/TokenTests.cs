using System.Buffers;
using System.Text;
using AtomGrains.Core.Options;
using AtomGrains.Core.Runs;
using AtomGrains.Node.Storage;
using FsCheck;
using FsCheck.Fluent;

namespace AtomGrains.Node.Tests.Storage;

public sealed class TokenTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void DecodingWhatWasEncodedGivesTheTextBack() => Prop.ForAll(
        ArbMap.Default.ArbFor<NonEmptyString>(),
        Gen.Elements("char", "byte").ToArbitrary(),
        (text, kind) =>
        {
            var clean = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.Get.Replace("\0", "", StringComparison.Ordinal)));
            if (clean.Length == 0)
            {
                return;
            }

            var corpus = Corpus.FromBytes("text", Encoding.UTF8.GetBytes(clean));
            var tokenizer = TokenizerFile.Deserialize(TokenizerFile.Serialize(TokenizedCorpus.Of(corpus, kind, 1).Tokenizer));
            var tokens = new ArrayBufferWriter<ushort>();
            corpus.Read(runes => tokenizer.Encode(runes, tokens));
            var expected = clean[0] == '\uFEFF' ? clean[1..] : clean;
            Assert.Equal(expected, tokenizer.Decode([.. tokens.WrittenSpan.ToArray().Select(token => (int)token)]));
            Assert.All(tokens.WrittenSpan.ToArray(), token => Assert.True(token < tokenizer.VocabularySize));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void CharacterIdsAreTheirPlacesInTheSortedAlphabet()
    {
        var tokenizer = (CharTokenizer)TokenizedCorpus.Of(Corpus.FromBytes("text", "hello 😀é"u8.ToArray()), "char", 1).Tokenizer;
        Assert.Equal(" ehloé😀", string.Concat(tokenizer.Vocabulary));
    }

    [Fact]
    public void WindowsShareOnlyTheTokenBetweenThemAndLeftoversAreStated()
    {
        // 27 training tokens and 3 for validation; 8 windows of 3 need 25 tokens.
        var (spec, tokens) = WriteRun("abcdefghijklmnopqrstuvwxyz0123", context: 3);
        Assert.Equal((27, 3, 8, 0, 2), (spec.Data.TrainTokens, spec.Data.ValidationTokens, spec.Data.TrainSamples, spec.Data.ValidationSamples, spec.Data.UnusedTokens));
        using var source = TokenFileSource.OpenTraining(_folder.Path, spec);
        Assert.Equal((8, 4), (source.Count, source.TokensPerSample));
        var window = new long[4];
        for (var index = 0; index < 8; index++)
        {
            source.Read(index, window);
            Assert.Equal(tokens[(3 * index)..(3 * index + 4)], window);
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => source.Read(8, window));
        Assert.Throws<ArgumentOutOfRangeException>(() => source.Read(0, new long[3]));
    }

    [Fact]
    public void ValidationWindowsStartAfterTheTrainingTokens()
    {
        var (spec, tokens) = WriteRun("abcdefghijklmnopqrstuvwxyz0123", context: 1);
        using var source = TokenFileSource.OpenValidation(_folder.Path, spec);
        var window = new long[2];
        source.Read(1, window);
        Assert.Equal(2, source.Count);
        Assert.Equal(tokens[28..30], window);
    }

    [Theory]
    [InlineData(1_115_394, 1_003_854)]
    [InlineData(10, 9)]
    [InlineData(19, 17)]
    [InlineData(1, 0)]
    public void NineTenthsRoundedDownAreForTraining(int letters, long train) =>
        Assert.Equal(train, TokenizedCorpus.Of(Corpus.FromBytes("text", [.. Enumerable.Repeat((byte)'a', letters)]), "byte", 8).Data.TrainTokens);

    [Fact]
    public void TheHashTellsTextsAndTokenizersApart()
    {
        var hashes = new[] { ("abc", "char"), ("abd", "char"), ("bcd", "char"), ("abc", "byte") }
            .Select(entry => TokenizedCorpus.Of(Corpus.FromBytes("text", Encoding.UTF8.GetBytes(entry.Item1)), entry.Item2, 1).Data.Hash);
        Assert.Equal(4, hashes.Distinct().Count());
    }

    [Fact]
    public void TooManyCharactersForTheirIdsAreRefused()
    {
        var text = string.Concat(Enumerable.Range(1, 70_000).Where(Rune.IsValid).Select(value => new Rune(value).ToString()));
        var error = Assert.Throws<InvalidSettingsException>(() => TokenizedCorpus.Of(Corpus.FromBytes("text", Encoding.UTF8.GetBytes(text)), "char", 1));
        Assert.Contains("must be at most 65536, or use byte", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ATextThatChangesWhileItIsReadIsRefused()
    {
        var path = _folder.Write("text.txt", "first text"u8.ToArray());
        var tokenized = TokenizedCorpus.Of(Corpus.Open(path), "byte", 1);
        _folder.Write("text.txt", "other text"u8.ToArray());
        Assert.Throws<InvalidSettingsException>(() => tokenized.WriteTokens(Stream.Null));
    }

    [Fact]
    public void ATokenFileOfAnotherLengthIsRefused()
    {
        var (spec, _) = WriteRun("abcdefghijklmnopqrstuvwxyz0123", context: 3);
        File.AppendAllText(_folder.File(TokenFileSource.FileName), "x");
        Assert.Throws<InvalidDataException>(() => TokenFileSource.OpenTraining(_folder.Path, spec));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("nonsense")]
    [InlineData("""{"format":"other","version":1,"kind":"byte","vocabulary":null}""")]
    [InlineData("""{"format":"atomgrains-tokenizer","version":2,"kind":"byte","vocabulary":null}""")]
    [InlineData("""{"format":"atomgrains-tokenizer","version":1,"kind":"char","vocabulary":["b","a"]}""")]
    [InlineData("""{"format":"atomgrains-tokenizer","version":1,"kind":"char","vocabulary":["ab"]}""")]
    [InlineData("""{"format":"atomgrains-tokenizer","version":1,"kind":"char","vocabulary":[]}""")]
    public void ATokenizerFileThatIsNoneIsRefused(string json) =>
        Assert.Throws<InvalidDataException>(() => TokenizerFile.Deserialize(Encoding.UTF8.GetBytes(json)));

    private (RunSpec Spec, long[] Tokens) WriteRun(string text, int context)
    {
        var tokenized = TokenizedCorpus.Of(Corpus.FromBytes("text", Encoding.UTF8.GetBytes(text)), "char", context);
        DurableFile.Write(_folder.File(TokenFileSource.FileName), tokenized.WriteTokens);
        var alphabet = text.Order().ToArray();
        var spec = new RunSpec
        {
            Model = new ModelSpec { Context = context, VocabularySize = tokenized.Tokenizer.VocabularySize },
            Optimizer = new OptimizerSpec(),
            Evaluation = new EvaluationSpec(),
            Data = tokenized.Data,
        };
        return (spec, [.. text.Select(letter => (long)Array.IndexOf(alphabet, letter))]);
    }
}
