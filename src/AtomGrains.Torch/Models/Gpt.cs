using AtomGrains.Core.Runs;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using F = TorchSharp.torch.nn.functional;

namespace AtomGrains.Torch.Models;

// B batch, T tokens of context, C channels (the width), H heads, D channels of a head (C = H·D), V vocabulary.

/// <summary>
/// A decoder-only transformer of the GPT-2 family, as nanoGPT defines it: norms before the blocks, learned positions,
/// exact GELU, the token table also as the last layer. Tokens_BT (int64) in, logits_BTV (float32) out.
/// Fields carry nanoGPT's names, because those are the parameters' names; their order is the flat vector's order.
/// </summary>
public sealed class Gpt : Module<Tensor, Tensor>
{
    private readonly Embedding wte;
    private readonly Embedding wpe;
    private readonly Dropout drop;
    private readonly ModuleList<GptBlock> h;
    private readonly LayerNorm ln_f;
    private readonly ModelSpec _spec;

    /// <exception cref="ArgumentException">The width is not a multiple of the heads.</exception>
    public Gpt(ModelSpec spec)
        : base(nameof(Gpt))
    {
        if (spec.Heads < 1 || spec.Width % spec.Heads != 0)
        {
            throw new ArgumentException($"width {spec.Width} must be a multiple of heads {spec.Heads}", nameof(spec));
        }

        _spec = spec;
        wte = Embedding(spec.VocabularySize, spec.Width);
        wpe = Embedding(spec.Context, spec.Width);
        drop = Dropout(spec.Dropout);
        h = ModuleList([.. Enumerable.Range(0, spec.Layers).Select(_ => new GptBlock(spec))]);
        ln_f = LayerNorm(spec.Width, bias: spec.Bias);
        RegisterComponents();
    }

    /// <param name="tokens_BT">Token ids from 0 to below V; T at most the context.</param>
    /// <exception cref="ArgumentException">T is larger than the context.</exception>
    public override Tensor forward(Tensor tokens_BT)
    {
        var T = tokens_BT.shape[1];
        if (T > _spec.Context)
        {
            throw new ArgumentException($"{T} tokens for a context of {_spec.Context}", nameof(tokens_BT));
        }

        var positions_T = arange(T, ScalarType.Int64, tokens_BT.device);
        var x_BTC = drop.call(wte.call(tokens_BT) + wpe.call(positions_T));
        foreach (var block in h)
        {
            x_BTC = block.call(x_BTC);
        }

        return F.linear(ln_f.call(x_BTC), wte.weight!);
    }
}
