using System.Text;
using System.Text.Json;

namespace AtomGrains.Node.Storage;

/// <summary>
/// <c>tokenizer.json</c> of a run folder: <c>{"format": "atomgrains-tokenizer", "version": 1, "kind": "char" or
/// "byte", "vocabulary": [one string a character, in order of their ids]}</c>; <c>byte</c> has no vocabulary.
/// </summary>
public sealed record TokenizerFile
{
    public const string FileName = "tokenizer.json";
    private const string OurFormat = "atomgrains-tokenizer";

    public required string Format { get; init; }

    public required int Version { get; init; }

    public required string Kind { get; init; }

    public IReadOnlyList<string>? Vocabulary { get; init; }

    public static byte[] Serialize(ITokenizer tokenizer) => JsonSerializer.SerializeToUtf8Bytes(
        new TokenizerFile
        {
            Format = OurFormat,
            Version = 1,
            Kind = tokenizer.Kind,
            Vocabulary = (tokenizer as CharTokenizer)?.Vocabulary.Select(rune => rune.ToString()).ToArray(),
        },
        StorageJson.Indented.TokenizerFile);

    public static ITokenizer Read(string folder) => Deserialize(File.ReadAllBytes(Path.Combine(folder, FileName)));

    /// <exception cref="InvalidDataException">Not a tokenizer file of a version known here.</exception>
    public static ITokenizer Deserialize(ReadOnlySpan<byte> json)
    {
        try
        {
            var file = JsonSerializer.Deserialize(json, StorageJson.Default.TokenizerFile);
            return file switch
            {
                { Format: OurFormat, Version: 1, Kind: "byte", Vocabulary: null } => new ByteTokenizer(),
                { Format: OurFormat, Version: 1, Kind: "char", Vocabulary: { } vocabulary } => new CharTokenizer(vocabulary.Select(OneRune)),
                _ => throw new InvalidDataException($"{FileName}: not a tokenizer that this version can read"),
            };
        }
        catch (Exception error) when (error is JsonException or ArgumentException)
        {
            throw new InvalidDataException($"{FileName}: {error.Message}", error);
        }
    }

    private static Rune OneRune(string text) =>
        Rune.DecodeFromUtf16(text, out var rune, out var length) == System.Buffers.OperationStatus.Done && length == text.Length
            ? rune
            : throw new ArgumentException($"vocabulary entry '{text}' must be one character");
}
