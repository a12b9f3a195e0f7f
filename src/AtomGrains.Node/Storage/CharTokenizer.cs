using System.Buffers;
using System.Text;

namespace AtomGrains.Node.Storage;

/// <summary>
/// One token a character (Unicode scalar value): ids are the places in the sorted list of those that occur.
/// </summary>
public sealed class CharTokenizer : ITokenizer
{
    private readonly Rune[] _vocabulary;
    private readonly Dictionary<Rune, ushort> _ids;

    /// <param name="vocabulary">Distinct characters in ascending order, at most 65,536.</param>
    public CharTokenizer(IEnumerable<Rune> vocabulary)
    {
        _vocabulary = [.. vocabulary];
        if (_vocabulary.Length is 0 or > ushort.MaxValue + 1 || _vocabulary.Zip(_vocabulary.Skip(1)).Any(pair => pair.First >= pair.Second))
        {
            throw new ArgumentException("must be 1 to 65536 distinct characters in ascending order", nameof(vocabulary));
        }

        _ids = _vocabulary.Index().ToDictionary(entry => entry.Item, entry => (ushort)entry.Index);
    }

    public string Kind => "char";

    public int VocabularySize => _vocabulary.Length;

    public IReadOnlyList<Rune> Vocabulary => _vocabulary;

    public void Encode(ReadOnlySpan<Rune> text, IBufferWriter<ushort> tokens)
    {
        var target = tokens.GetSpan(text.Length);
        for (var place = 0; place < text.Length; place++)
        {
            if (!_ids.TryGetValue(text[place], out target[place]))
            {
                throw new ArgumentException($"character U+{text[place].Value:X4} is not in the vocabulary", nameof(text));
            }
        }

        tokens.Advance(text.Length);
    }

    public string Decode(ReadOnlySpan<int> tokens)
    {
        var text = new StringBuilder(tokens.Length);
        foreach (var token in tokens)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(token);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(token, _vocabulary.Length);
            text.Append(_vocabulary[token].ToString());
        }

        return text.ToString();
    }
}
