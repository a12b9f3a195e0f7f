using AtomGrains.Core.Runs;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using F = TorchSharp.torch.nn.functional;

namespace AtomGrains.Torch.Models;

/// <summary>A perceptron with one hidden layer of four times the width. x_BTC in, x_BTC out.</summary>
internal sealed class GptMlp : Module<Tensor, Tensor>
{
    private readonly Linear c_fc;
    private readonly Linear c_proj;
    private readonly Dropout dropout;

    public GptMlp(ModelSpec spec)
        : base(nameof(GptMlp))
    {
        c_fc = Linear(spec.Width, 4 * spec.Width, hasBias: spec.Bias);
        c_proj = Linear(4 * spec.Width, spec.Width, hasBias: spec.Bias);
        dropout = Dropout(spec.Dropout);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x_BTC) => dropout.call(c_proj.call(F.gelu(c_fc.call(x_BTC))));
}
