namespace AtomGrains.Core.Runs;

/// <summary>
/// Identity of the tokenized dataset. A sample is a window of <see cref="ModelSpec.Context"/> tokens and the token
/// after it.
/// </summary>
public sealed record DataSpec
{
    /// <summary><c>char</c> or <c>byte</c>.</summary>
    public string Tokenizer { get; init; } = "char";

    /// <summary>SHA-256 (lower-case hex) of the token stream and the vocabulary.</summary>
    public string Hash { get; init; } = "";

    public long TrainTokens { get; init; }

    public long ValidationTokens { get; init; }

    /// <summary>Whole training windows; the training tokens left over are <see cref="UnusedTokens"/>.</summary>
    public long TrainSamples { get; init; }

    /// <summary>Whole windows of the validation split.</summary>
    public long ValidationSamples { get; init; }

    public long UnusedTokens { get; init; }
}
