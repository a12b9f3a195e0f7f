using System.Buffers;
using System.Text;

namespace AtomGrains.Node.Storage;

/// <summary>Text to token ids and back. Ids are below <see cref="VocabularySize"/>, at most 65,535.</summary>
public interface ITokenizer
{
    /// <summary><c>char</c> or <c>byte</c>.</summary>
    string Kind { get; }

    int VocabularySize { get; }

    /// <exception cref="ArgumentException">A character outside the vocabulary.</exception>
    void Encode(ReadOnlySpan<Rune> text, IBufferWriter<ushort> tokens);

    /// <summary>
    /// The text of the tokens. What is no text by itself (half of a character in bytes) comes as U+FFFD.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">An id outside the vocabulary.</exception>
    string Decode(ReadOnlySpan<int> tokens);
}
