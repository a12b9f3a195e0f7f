using AtomGrains.Core.Runs;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AtomGrains.Torch.Models;

/// <summary>Multi-head causal self-attention with its projections. x_BTC in, y_BTC out.</summary>
internal sealed class GptAttention : Module<Tensor, Tensor>
{
    private readonly Linear c_attn; // queries, keys and values of all heads in one product
    private readonly Linear c_proj;
    private readonly Dropout resid_dropout;
    private readonly ModelSpec _spec;

    public GptAttention(ModelSpec spec)
        : base(nameof(GptAttention))
    {
        _spec = spec;
        c_attn = Linear(spec.Width, 3 * spec.Width, hasBias: spec.Bias);
        c_proj = Linear(spec.Width, spec.Width, hasBias: spec.Bias);
        resid_dropout = Dropout(spec.Dropout);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x_BTC)
    {
        var (B, T, C) = (x_BTC.shape[0], x_BTC.shape[1], x_BTC.shape[2]);
        var qkv_BTC = c_attn.call(x_BTC).split(C, 2);
        var (q_BHTD, k_BHTD, v_BHTD) = (Heads(qkv_BTC[0]), Heads(qkv_BTC[1]), Heads(qkv_BTC[2]));
        var y_BHTD = Attention.Causal(q_BHTD, k_BHTD, v_BHTD, _spec.Dropout, training);
        var y_BTC = y_BHTD.transpose(1, 2).contiguous().view(B, T, C); // the heads side by side again
        return resid_dropout.call(c_proj.call(y_BTC));

        Tensor Heads(Tensor part_BTC) => part_BTC.view(B, T, _spec.Heads, C / _spec.Heads).transpose(1, 2);
    }
}
