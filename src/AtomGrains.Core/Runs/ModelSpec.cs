namespace AtomGrains.Core.Runs;

/// <summary>Shape of the decoder-only transformer (GPT-2 family) that our own job trains.</summary>
public sealed record ModelSpec
{
    public int Layers { get; init; } = 4;

    public int Heads { get; init; } = 4;

    /// <summary>Embedding width; a multiple of <see cref="Heads"/>.</summary>
    public int Width { get; init; } = 128;

    /// <summary>Tokens of context a sample.</summary>
    public int Context { get; init; } = 128;

    public int VocabularySize { get; init; } = 256;

    public bool Bias { get; init; }

    /// <summary>Probability that an activation is dropped, from 0 to below 1.</summary>
    public double Dropout { get; init; }
}
