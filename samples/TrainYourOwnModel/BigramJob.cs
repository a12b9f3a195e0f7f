using AtomGrains.Core.Runs;
using AtomGrains.Torch.Jobs;
using TorchSharp;
using static TorchSharp.torch;

namespace TrainYourOwnModel;

/// <summary>The smallest job that learns something: which token follows which. Loss and initialization are the default ones.</summary>
public sealed class BigramJob : TrainingJob
{
    public override string Name => "bigram";

    public override nn.Module<Tensor, Tensor> CreateModel(RunSpec spec) => new Bigram(spec.Model);
}
