using AtomGrains.Core.Runs;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AtomGrains.Torch.Models;

/// <summary>Attention and a perceptron, each behind a norm and added to the stream. x_BTC in, x_BTC out.</summary>
internal sealed class GptBlock : Module<Tensor, Tensor>
{
    private readonly LayerNorm ln_1;
    private readonly GptAttention attn;
    private readonly LayerNorm ln_2;
    private readonly GptMlp mlp;

    public GptBlock(ModelSpec spec)
        : base(nameof(GptBlock))
    {
        ln_1 = LayerNorm(spec.Width, bias: spec.Bias);
        attn = new GptAttention(spec);
        ln_2 = LayerNorm(spec.Width, bias: spec.Bias);
        mlp = new GptMlp(spec);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x_BTC)
    {
        x_BTC = x_BTC + attn.call(ln_1.call(x_BTC));
        return x_BTC + mlp.call(ln_2.call(x_BTC));
    }
}
