using AtomGrains.Core.Runs;
using AtomGrains.Node.Storage;

namespace AtomGrains.Node.Tests.Storage;

internal static class RunSpecs
{
    public static TokenizedCorpus Text { get; } = TokenizedCorpus.Of(Corpus.FromBytes("text", [.. Enumerable.Range(0, 1000).Select(place => (byte)('a' + place * place % 23))]), "char", 8);

    public static RunRecord Record(Func<RunSpec, RunSpec>? change = null, string bitsClass = "cpu/test")
    {
        var spec = new RunSpec
        {
            Model = new ModelSpec { Context = 8, VocabularySize = Text.Tokenizer.VocabularySize },
            Optimizer = new OptimizerSpec(),
            Evaluation = new EvaluationSpec(),
            Data = Text.Data,
        };
        return RunRecord.Of(change?.Invoke(spec) ?? spec, bitsClass, new Dictionary<string, string> { ["atomgrains"] = "1" }, DateTimeOffset.UnixEpoch);
    }
}
