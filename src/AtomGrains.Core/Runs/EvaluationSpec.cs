namespace AtomGrains.Core.Runs;

/// <summary>When the validation loss is computed, and on how many batches.</summary>
public sealed record EvaluationSpec
{
    /// <summary>Steps between evaluations; 0 evaluates only at the end.</summary>
    public long Every { get; init; } = 250;

    /// <summary>Batches of <see cref="RunSpec.GlobalBatch"/> validation windows each.</summary>
    public int Batches { get; init; } = 20;
}
