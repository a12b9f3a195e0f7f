using AtomGrains.Core.Runs;

namespace AtomGrains.Torch.Tests.Support;

internal static class Specs
{
    internal static readonly ModelSpec SmallModel = new() { Layers = 2, Heads = 2, Width = 16, Context = 8, VocabularySize = 11 };

    /// <summary>nanoGPT's published configuration for a CPU.</summary>
    internal static readonly ModelSpec NanoGptModel = new() { Layers = 4, Heads = 4, Width = 128, Context = 64, VocabularySize = 65 };

    internal static RunSpec Run(ModelSpec model, int samplesPerLane = 4, ulong seed = 1337) => new()
    {
        Seed = seed,
        Lanes = 2,
        GlobalBatch = 2 * samplesPerLane,
        Model = model,
        Optimizer = new OptimizerSpec(),
        Data = new DataSpec(),
        Evaluation = new EvaluationSpec(),
    };
}
