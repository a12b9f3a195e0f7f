using System.Buffers;
using System.Text;

namespace AtomGrains.Node.Storage;

/// <summary>One token a byte of UTF-8: takes any text, without a vocabulary of its own.</summary>
public sealed class ByteTokenizer : ITokenizer
{
    public string Kind => "byte";

    public int VocabularySize => 256;

    public void Encode(ReadOnlySpan<Rune> text, IBufferWriter<ushort> tokens)
    {
        Span<byte> utf8 = stackalloc byte[4];
        var target = tokens.GetSpan(4 * text.Length);
        var count = 0;
        foreach (var rune in text)
        {
            foreach (var value in utf8[..rune.EncodeToUtf8(utf8)])
            {
                target[count++] = value;
            }
        }

        tokens.Advance(count);
    }

    public string Decode(ReadOnlySpan<int> tokens)
    {
        var utf8 = new byte[tokens.Length];
        for (var place = 0; place < tokens.Length; place++)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(tokens[place]);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(tokens[place], byte.MaxValue);
            utf8[place] = (byte)tokens[place];
        }

        return Encoding.UTF8.GetString(utf8);
    }
}
