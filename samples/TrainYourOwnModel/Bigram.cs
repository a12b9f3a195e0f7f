using AtomGrains.Core.Runs;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TrainYourOwnModel;

/// <summary>Scores of the next token from the last one alone, through a layer of the spec's width.</summary>
internal sealed class Bigram : nn.Module<Tensor, Tensor>
{
    private readonly Embedding table;
    private readonly Linear head;

    public Bigram(ModelSpec spec)
        : base(nameof(Bigram))
    {
        table = nn.Embedding(spec.VocabularySize, spec.Width);
        head = nn.Linear(spec.Width, spec.VocabularySize);
        RegisterComponents();
    }

    // B samples, T tokens, V tokens of the vocabulary.
    public override Tensor forward(Tensor tokens_BT) => head.call(nn.functional.relu(table.call(tokens_BT)));
}
