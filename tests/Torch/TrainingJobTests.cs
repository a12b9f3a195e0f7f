using AtomGrains.Core.Runs;
using AtomGrains.Torch.Engine;
using AtomGrains.Torch.Jobs;
using AtomGrains.Torch.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AtomGrains.Torch.Tests;

public sealed class TrainingJobTests
{
    [Fact]
    public void ATeamsOwnModelAndLossRunThroughTheSameStepLoop()
    {
        var spec = Specs.Run(Specs.SmallModel) with { Job = "bigram" };
        var samples = new RandomSamples(1, 1000, spec.Model.Context, spec.Model.VocabularySize);
        using var loop = new StepLoopFactory([new BigramJob()]).Create(spec, samples, samples, "cpu");
        var gradient = new float[loop.Layout.Elements];
        loop.LoadParameters(Replica.Initial(loop));

        var loss = loop.ComputeLane(Replica.Lane(0), gradient);

        Assert.Equal(["table.weight", "head.weight", "head.bias"], loop.Layout.Entries.Select(entry => entry.Name));
        Assert.Equal(2 * Math.Log(11), loss, 1); // its loss is twice the cross entropy
        Assert.Contains(gradient, value => value != 0);
    }

    [Fact]
    public void TwoJobsOfOneNameAreRefused()
    {
        Assert.Throws<ArgumentException>(() => new StepLoopFactory([new BigramJob(), new BigramJob()]));
    }

    private sealed class BigramJob : TrainingJob
    {
        public override string Name => "bigram";

        public override nn.Module<Tensor, Tensor> CreateModel(RunSpec spec) => new Bigram(spec.Model);

        public override Tensor Loss(Tensor outputs, Tensor targets_BT) => base.Loss(outputs, targets_BT) * 2;
    }

    private sealed class Bigram : nn.Module<Tensor, Tensor>
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

        public override Tensor forward(Tensor tokens_BT) => head.call(nn.functional.relu(table.call(tokens_BT)));
    }
}
