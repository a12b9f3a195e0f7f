using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>y = x Wᵀ + b, with W [out, in] and b [out].</summary>
public sealed class Linear : nn.Module<Tensor, Tensor>
{
    internal Linear(long inputSize, long outputSize, bool hasBias, Device? device, ScalarType? dtype)
        : base(nameof(Linear))
    {
        // PyTorch's default: uniform within 1/√in, for both.
        var bound = 1 / Math.Sqrt(inputSize);
        weight = new Parameter(nn.init.uniform_(empty([outputSize, inputSize], dtype, device), -bound, bound));
        register_parameter(nameof(weight), weight);
        if (hasBias)
        {
            bias = new Parameter(nn.init.uniform_(empty([outputSize], dtype, device), -bound, bound));
            register_parameter(nameof(bias), bias);
        }
    }

    public Parameter weight { get; }

    public Parameter? bias { get; }

    public override Tensor forward(Tensor tensor) => nn.functional.linear(tensor, weight, bias);

    protected override void RegisterComponents()
    {
        // Registered by the constructor; the compiler's backing fields are not components.
    }
}
