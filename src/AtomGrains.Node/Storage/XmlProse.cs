using System.Xml;

namespace AtomGrains.Node.Storage;

/// <summary>
/// The prose of one XML documentation file, an element's text a line, white space made single spaces. Hundreds of
/// files are read this way at a start, so text goes through one buffer instead of a string a node.
/// </summary>
internal sealed class XmlProse
{
    // Elements that hold a text of their own; anything else inside (c, para, see) belongs to the text around it.
    private static readonly HashSet<string> Blocks = ["summary", "remarks", "returns", "param", "typeparam", "value",
        "exception"];

    private readonly char[] _chunk = new char[4096];
    private char[] _line = new char[4096];
    private int _length;

    /// <summary>Takes a line, valid during the call; returns false to stop.</summary>
    public delegate bool Sink(ReadOnlySpan<char> line);

    /// <returns>False when the sink stopped it.</returns>
    public bool Read(string file, Sink sink)
    {
        using var reader = XmlReader.Create(file, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, IgnoreComments = true });
        while (reader.Read())
        {
            switch (reader.NodeType)
            {
                case XmlNodeType.Element when Blocks.Contains(reader.Name):
                    _length = 0;
                    break;
                case XmlNodeType.Element:
                    Append(Mentioned(reader));
                    break;
                case XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.Whitespace or XmlNodeType.SignificantWhitespace:
                    AppendValue(reader);
                    break;
                case XmlNodeType.EndElement when Blocks.Contains(reader.Name):
                    if (!sink(_line.AsSpan(0, _length).TrimEnd(' ')))
                    {
                        return false;
                    }

                    _length = 0;
                    break;
            }
        }

        return true;
    }

    /// <summary>
    /// What a reader sees of a reference: <c>T:System.Text.Rune</c> as Rune, <c>M:A.B(System.Int32)</c> as B.
    /// </summary>
    private static ReadOnlySpan<char> Mentioned(XmlReader element)
    {
        var name = (element.GetAttribute("cref") ?? element.GetAttribute("name") ?? element.GetAttribute("langword")).AsSpan();
        name = Before(name, '(');
        name = name[(name.LastIndexOfAny('.', ':') + 1)..];
        return Before(name, '`');
    }

    private static ReadOnlySpan<char> Before(ReadOnlySpan<char> text, char end) =>
        text.IndexOf(end) is var place and >= 0 ? text[..place] : text;

    private void AppendValue(XmlReader reader)
    {
        for (int count; (count = reader.ReadValueChunk(_chunk, 0, _chunk.Length)) > 0;)
        {
            Append(_chunk.AsSpan(0, count));
        }
    }

    private void Append(ReadOnlySpan<char> text)
    {
        if (_length + text.Length > _line.Length)
        {
            Array.Resize(ref _line, Math.Max(2 * _line.Length, _length + text.Length));
        }

        foreach (var character in text)
        {
            if (!char.IsWhiteSpace(character))
            {
                _line[_length++] = character;
            }
            else if (_length > 0 && _line[_length - 1] != ' ')
            {
                _line[_length++] = ' ';
            }
        }
    }
}
