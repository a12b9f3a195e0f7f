namespace TorchSharp.Interop;

/// <summary>An argument of an operator, before it is laid out for the native half.</summary>
internal readonly struct Argument
{
    private Argument(ValueKind kind, long integer = 0, double real = 0, object? reference = null)
    {
        Kind = kind;
        Integer = integer;
        Real = real;
        Reference = reference;
    }

    /// <summary>An absent optional argument.</summary>
    internal static Argument None => default;

    internal ValueKind Kind { get; }

    internal long Integer { get; }

    internal double Real { get; }

    /// <summary>The tensor, tensors, integers, text or device.</summary>
    internal object? Reference { get; }

    public static implicit operator Argument(torch.Tensor? value) => value is null ? None : new(ValueKind.Tensor, reference: value);

    public static implicit operator Argument(torch.Tensor[] value) => new(ValueKind.TensorList, reference: value);

    public static implicit operator Argument(long value) => new(ValueKind.Integer, value);

    public static implicit operator Argument(double value) => new(ValueKind.Real, real: value);

    public static implicit operator Argument(bool value) => new(ValueKind.Boolean, value ? 1 : 0);

    public static implicit operator Argument(long[] value) => new(ValueKind.IntegerList, reference: value);

    public static implicit operator Argument(string value) => new(ValueKind.Text, reference: value);

    public static implicit operator Argument(torch.Device? value) => value is null ? None : new(ValueKind.Device, reference: value);

    public static implicit operator Argument(torch.ScalarType? value) => value is null ? None : new(ValueKind.Integer, (long)value);

    public static implicit operator Argument(torch.ScalarType value) => new(ValueKind.Integer, (long)value);

    public static implicit operator Argument(Scalar value) => value.AsArgument();
}
