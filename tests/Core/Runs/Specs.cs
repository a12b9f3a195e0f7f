using AtomGrains.Core.Runs;

namespace AtomGrains.Core.Tests.Runs;

internal static class Specs
{
    /// <summary>A valid spec over a text of ten thousand tokens.</summary>
    public static RunSpec Valid() => new()
    {
        Model = new ModelSpec { VocabularySize = 65 },
        Optimizer = new OptimizerSpec(),
        Evaluation = new EvaluationSpec(),
        Data = new DataSpec { TrainTokens = 9000, ValidationTokens = 1000, TrainSamples = 70, ValidationSamples = 7, UnusedTokens = 39 },
    };
}
