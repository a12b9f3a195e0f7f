using AtomGrains.Core.Parameters;
using AtomGrains.Core.Runs;
using AtomGrains.Torch.Engine;
using AtomGrains.Torch.Models;
using static TorchSharp.torch;

namespace AtomGrains.Torch.Jobs;

/// <summary>Trains <see cref="Gpt"/> with nanoGPT's initialization.</summary>
public sealed class GptJob : TrainingJob
{
    private const double Deviation = 0.02;

    public override string Name => RunSpec.OwnJob;

    public override nn.Module<Tensor, Tensor> CreateModel(RunSpec spec) => new Gpt(spec.Model);

    /// <summary>As the base, but the projections into the residual stream, two a layer, start smaller by 1/√(2·layers).</summary>
    public override void Initialize(RunSpec spec, ParameterEntry parameter, InitialRandom random, Span<float> values)
    {
        if (parameter.Name.EndsWith("c_proj.weight", StringComparison.Ordinal))
        {
            random.FillNormal(values, parameter.ElementOffset, Deviation / Math.Sqrt(2.0 * spec.Model.Layers));
        }
        else
        {
            base.Initialize(spec, parameter, random, values);
        }
    }

    /// <summary>nanoGPT's name, such as <c>transformer.h.0.attn.c_attn.weight</c>.</summary>
    public override string ExportName(string parameter) => "transformer." + parameter;

    /// <summary>
    /// Sizes under GPT-2's names. Weights of linear layers are [out, in], as in nanoGPT; Hugging Face's GPT-2 keeps
    /// them as [in, out]. So <c>model_type</c> is not <c>gpt2</c>: a loader for that would take them without a word.
    /// </summary>
    public override IReadOnlyDictionary<string, object> ExportConfiguration(RunSpec spec) => new Dictionary<string, object>
    {
        ["model_type"] = "nanogpt",
        ["n_layer"] = spec.Model.Layers,
        ["n_head"] = spec.Model.Heads,
        ["n_embd"] = spec.Model.Width,
        ["n_inner"] = 4 * spec.Model.Width,
        ["n_positions"] = spec.Model.Context,
        ["block_size"] = spec.Model.Context,
        ["vocab_size"] = spec.Model.VocabularySize,
        ["bias"] = spec.Model.Bias,
        ["dropout"] = spec.Model.Dropout,
        ["activation_function"] = "gelu",
        ["layer_norm_epsilon"] = 1e-5,
        ["tie_word_embeddings"] = true,
        ["linear_weight_layout"] = "out_in",
        ["torch_dtype"] = "float32",
    };
}
