using System.Text;

namespace AtomGrains.Node.Storage;

/// <summary>Takes the next piece of a text; the span is valid during the call only.</summary>
public delegate void CorpusSink(ReadOnlySpan<Rune> text);
