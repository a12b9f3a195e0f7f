using TorchSharp.Interop;

namespace TorchSharp;

/// <summary>A number on its way into an operator: TorchSharp's name for PyTorch's Python scalars.</summary>
public sealed class Scalar : IDisposable
{
    private readonly Argument _value;

    private Scalar(Argument value) => _value = value;

    public static implicit operator Scalar(int value) => new((long)value);

    public static implicit operator Scalar(long value) => new(value);

    public static implicit operator Scalar(float value) => new((double)value);

    public static implicit operator Scalar(double value) => new(value);

    public static implicit operator Scalar(bool value) => new(value);

    /// <summary>Nothing to release here; TorchSharp's scalar holds a native object.</summary>
    public void Dispose()
    {
    }

    internal Argument AsArgument() => _value;
}
