using AtomGrains.Core.Runs;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace FragileJob;

/// <summary>Scores of the next token from the last one alone: a row of a table.</summary>
internal sealed class Table : nn.Module<Tensor, Tensor>
{
    private readonly Embedding _table;

    public Table(ModelSpec spec)
        : base(nameof(Table))
    {
        _table = nn.Embedding(spec.VocabularySize, spec.VocabularySize);
        RegisterComponents();
    }

    // B samples, T tokens, V tokens of the vocabulary.
    public override Tensor forward(Tensor tokens_BT) => _table.call(tokens_BT);
}
