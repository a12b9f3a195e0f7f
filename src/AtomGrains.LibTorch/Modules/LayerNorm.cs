using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>Normalizes over the trailing <c>normalized_shape</c>, then scales, then shifts.</summary>
public sealed class LayerNorm : nn.Module<Tensor, Tensor>
{
    private readonly long[] _normalizedShape;
    private readonly double _epsilon;

    internal LayerNorm(long[] normalized_shape, double eps, bool elementwise_affine, bool bias, Device? device, ScalarType? dtype)
        : base(nameof(LayerNorm))
    {
        _normalizedShape = normalized_shape;
        _epsilon = eps;
        if (elementwise_affine)
        {
            weight = new Parameter(ones(normalized_shape, dtype, device));
            register_parameter(nameof(weight), weight);
        }

        if (elementwise_affine && bias)
        {
            this.bias = new Parameter(zeros(normalized_shape, dtype, device));
            register_parameter(nameof(bias), this.bias);
        }
    }

    public Parameter? weight { get; }

    public Parameter? bias { get; }

    public override Tensor forward(Tensor tensor) => nn.functional.layer_norm(tensor, _normalizedShape, weight, bias, _epsilon);

    protected override void RegisterComponents()
    {
        // Registered by the constructor; the compiler's backing fields are not components.
    }
}
