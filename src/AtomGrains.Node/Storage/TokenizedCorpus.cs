using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using AtomGrains.Core.Options;
using AtomGrains.Core.Runs;

namespace AtomGrains.Node.Storage;

/// <summary>
/// A text with its tokenizer, cut 90 to 10 in order into training and validation (nanoGPT's split), and the
/// <see cref="DataSpec"/> that names it. Nothing is on disk until <see cref="WriteTokens"/>; tokens are made anew
/// from the text there, so memory stays small whatever its size.
/// </summary>
public sealed class TokenizedCorpus
{
    private const int HashChunkBytes = 1 << 20;

    private readonly Corpus _corpus;

    private TokenizedCorpus(Corpus corpus, ITokenizer tokenizer, DataSpec data)
    {
        _corpus = corpus;
        Tokenizer = tokenizer;
        Data = data;
    }

    public ITokenizer Tokenizer { get; }

    public DataSpec Data { get; }

    /// <summary>
    /// Whole windows: each starts <paramref name="context"/> tokens after the one before; its last target is the next
    /// one's first token.
    /// </summary>
    public static long Samples(long tokens, int context) => tokens < 2 ? 0 : (tokens - 1) / context;

    /// <param name="kind"><c>char</c> or <c>byte</c>.</param>
    /// <param name="context">Tokens a window; at least 1.</param>
    /// <exception cref="InvalidSettingsException">The text is none, or has more distinct characters than
    /// ids.</exception>
    public static TokenizedCorpus Of(Corpus corpus, string kind, int context)
    {
        ITokenizer tokenizer = kind == "byte" ? new ByteTokenizer() : CharactersOf(corpus);
        var (tokens, hash) = HashTokens(corpus, tokenizer);
        var train = tokens / 10 * 9 + tokens % 10 * 9 / 10;
        var samples = Samples(train, context);
        return new TokenizedCorpus(corpus, tokenizer, new DataSpec
        {
            Tokenizer = tokenizer.Kind,
            Hash = hash,
            TrainTokens = train,
            ValidationTokens = tokens - train,
            TrainSamples = samples,
            ValidationSamples = Samples(tokens - train, context),
            UnusedTokens = samples == 0 ? train : train - samples * context - 1,
        });
    }

    /// <summary>Writes all tokens, training first, as little-endian uint16.</summary>
    /// <exception cref="InvalidSettingsException">The text has changed since it was first read.</exception>
    public void WriteTokens(Stream stream)
    {
        using var hash = BeginHash(Tokenizer);
        Encode(_corpus, Tokenizer, bytes =>
        {
            hash.AppendData(bytes);
            stream.Write(bytes);
        });
        if (Convert.ToHexStringLower(hash.GetHashAndReset()) != Data.Hash)
        {
            throw new InvalidSettingsException(new SettingError(Corpus.Setting, "",
                "the text changed while it was read; must stay as it is until the run has begun"));
        }
    }

    /// <summary>The hash, as <see cref="DataSpec.Hash"/>, of the data that a run folder holds.</summary>
    /// <exception cref="IOException">A file is missing or cannot be read.</exception>
    public static string HashOf(string folder)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(File.ReadAllBytes(Path.Combine(folder, TokenizerFile.FileName)));
        using var tokens = File.OpenRead(Path.Combine(folder, TokenFileSource.FileName));
        var chunk = new byte[HashChunkBytes];
        for (var read = tokens.Read(chunk); read > 0; read = tokens.Read(chunk))
        {
            hash.AppendData(chunk.AsSpan(0, read));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static CharTokenizer CharactersOf(Corpus corpus)
    {
        var characters = new HashSet<Rune>();
        corpus.Read(text =>
        {
            foreach (var rune in text)
            {
                characters.Add(rune);
            }
        });
        return characters.Count switch
        {
            0 => throw new InvalidSettingsException(new SettingError(Corpus.Setting, "", "the text is empty")),
            > RunSpecValidator.LargestVocabulary => throw new InvalidSettingsException(new SettingError(
                "--tokenizer", "char", $"the text has {characters.Count} distinct characters; must be at most {RunSpecValidator.LargestVocabulary}, or use byte")),
            _ => new CharTokenizer(characters.Order()),
        };
    }

    private static (long Tokens, string Hash) HashTokens(Corpus corpus, ITokenizer tokenizer)
    {
        var count = 0L;
        using var hash = BeginHash(tokenizer);
        Encode(corpus, tokenizer, bytes =>
        {
            hash.AppendData(bytes);
            count += bytes.Length / sizeof(ushort);
        });
        return (count, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    /// <summary>
    /// The hash covers the tokenizer's file and then the token bytes: equal ids of unlike texts differ.
    /// </summary>
    private static IncrementalHash BeginHash(ITokenizer tokenizer)
    {
        var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(TokenizerFile.Serialize(tokenizer));
        return hash;
    }

    private static void Encode(Corpus corpus, ITokenizer tokenizer, Action<ReadOnlySpan<byte>> sink)
    {
        var tokens = new ArrayBufferWriter<ushort>();
        corpus.Read(text =>
        {
            tokens.ResetWrittenCount();
            tokenizer.Encode(text, tokens);
            if (BitConverter.IsLittleEndian)
            {
                sink(MemoryMarshal.AsBytes(tokens.WrittenSpan));
                return;
            }

            var swapped = new ushort[tokens.WrittenCount];
            BinaryPrimitives.ReverseEndianness(tokens.WrittenSpan, swapped);
            sink(MemoryMarshal.AsBytes(swapped.AsSpan()));
        });
    }
}
