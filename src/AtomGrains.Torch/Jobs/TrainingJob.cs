using AtomGrains.Core.Parameters;
using AtomGrains.Core.Runs;
using AtomGrains.Torch.Engine;
using static TorchSharp.torch;

namespace AtomGrains.Torch.Jobs;

/// <summary>
/// What a team brings: a model, its loss, and how its parameters begin. Data arrives as windows of tokens. All of it
/// must be a pure function of its arguments (torch's seeded generator included): that is what lets any worker compute
/// any lane. Derive from this class and pass an instance to <see cref="StepLoopFactory"/>.
/// </summary>
public abstract class TrainingJob
{
    /// <summary>The name by which <see cref="RunSpec.Job"/> asks for this job.</summary>
    public abstract string Name { get; }

    /// <summary>
    /// Builds the model on the CPU, in float32; tokens_BT (int64) in. The step loop moves it to the device, gives its
    /// parameters their values and disposes it. Registration order is the order of the flat vector.
    /// </summary>
    public abstract nn.Module<Tensor, Tensor> CreateModel(RunSpec spec);

    /// <summary>The mean loss over all tokens, a scalar; cross entropy of logits_BTV here.</summary>
    /// <param name="outputs">What the model returned.</param>
    /// <param name="targets_BT">The token after each input token (int64).</param>
    public virtual Tensor Loss(Tensor outputs, Tensor targets_BT) =>
        nn.functional.cross_entropy(outputs.view(-1, outputs.size(-1)), targets_BT.view(-1));

    /// <summary>
    /// Writes a parameter's initial values. By default nanoGPT's: N(0, 0.02) for matrices, zeros for biases, ones for
    /// the other vectors (the scales of norms).
    /// </summary>
    /// <param name="values">[parameter.Elements], row-major.</param>
    public virtual void Initialize(RunSpec spec, ParameterEntry parameter, InitialRandom random, Span<float> values)
    {
        if (parameter.Shape.Count >= 2)
        {
            random.FillNormal(values, parameter.ElementOffset, 0.02);
        }
        else
        {
            values.Fill(parameter.Name.EndsWith("bias", StringComparison.Ordinal) ? 0 : 1);
        }
    }

    /// <summary>The name of a parameter in exported weights.</summary>
    public virtual string ExportName(string parameter) => parameter;

    /// <summary>Content of the <c>config.json</c> beside exported weights: strings, numbers, booleans and lists of them.</summary>
    public virtual IReadOnlyDictionary<string, object> ExportConfiguration(RunSpec spec) =>
        new Dictionary<string, object> { ["model_type"] = Name };
}
