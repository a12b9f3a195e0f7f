namespace AtomGrains.Core.Data;

/// <summary>Random access to tokenized samples. Safe for one reader at a time.</summary>
public interface ISampleSource
{
    /// <summary>Number of whole samples.</summary>
    long Count { get; }

    /// <summary>Context + 1: a window and the token after it.</summary>
    int TokensPerSample { get; }

    /// <summary>
    /// Copies sample <paramref name="index"/> to <paramref name="tokens"/> ([TokensPerSample] int64).
    /// </summary>
    void Read(long index, Span<long> tokens);
}
