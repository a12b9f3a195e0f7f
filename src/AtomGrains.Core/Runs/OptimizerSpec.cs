namespace AtomGrains.Core.Runs;

/// <summary>
/// AdamW with linear warm-up, cosine decay and clipping by the global norm. Defaults are nanoGPT's for small models.
/// </summary>
public sealed record OptimizerSpec
{
    public double LearningRate { get; init; } = 1e-3;

    public double MinimumLearningRate { get; init; } = 1e-4;

    public long WarmupSteps { get; init; } = 100;

    /// <summary>Step at which the cosine reaches its minimum.</summary>
    public long DecaySteps { get; init; } = 2000;

    public double Beta1 { get; init; } = 0.9;

    public double Beta2 { get; init; } = 0.99;

    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Applied to matrices only, never to biases and norms.</summary>
    public double WeightDecay { get; init; } = 0.1;

    /// <summary>Largest global gradient norm; 0 turns clipping off.</summary>
    public double Clip { get; init; } = 1.0;
}
