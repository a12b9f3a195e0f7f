using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    private static readonly Operator Zeros = new("aten::zeros");
    private static readonly Operator Ones = new("aten::ones");
    private static readonly Operator Empty = new("aten::empty", "memory_format");
    private static readonly Operator Arange = new("aten::arange");
    private static readonly Operator Concatenate = new("aten::cat");

    public static Tensor zeros(long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Create(Zeros, size, dtype, device, requires_grad, names);

    public static Tensor zeros(long size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        zeros([size], dtype, device, requires_grad, names);

    public static Tensor ones(long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Create(Ones, size, dtype, device, requires_grad, names);

    public static Tensor ones(long size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        ones([size], dtype, device, requires_grad, names);

    public static Tensor ones(long rows, long columns, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        ones([rows, columns], dtype, device, requires_grad, names);

    /// <summary>Uninitialized memory.</summary>
    public static Tensor empty(long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Create(Empty, size, dtype, device, requires_grad, names);

    /// <summary>Uninitialized memory.</summary>
    public static Tensor empty(long size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        empty([size], dtype, device, requires_grad, names);

    public static Tensor arange(Scalar stop, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Arange.Call(stop, dtype, Argument.None, device ?? CPU).requires_grad_(requires_grad);

    public static Tensor tensor(long[] dataArray, ReadOnlySpan<long> dimensions, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        FromHost(dataArray.AsSpan(), ScalarType.Int64, dimensions, dtype, device, requires_grad, names);

    public static Tensor tensor(long[] dataArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        FromHost(dataArray.AsSpan(), ScalarType.Int64, [dataArray.Length], dtype, device, requires_grad, names);

    public static Tensor tensor(float[] rawArray, ReadOnlySpan<long> dimensions, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        FromHost(rawArray.AsSpan(), ScalarType.Float32, dimensions, dtype, device, requires_grad, names);

    public static Tensor tensor(float[] rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        FromHost(rawArray.AsSpan(), ScalarType.Float32, [rawArray.Length], dtype, device, requires_grad, names);

    public static Tensor tensor(double[] rawArray, ReadOnlySpan<long> dimensions, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        FromHost(rawArray.AsSpan(), ScalarType.Float64, dimensions, dtype, device, requires_grad, names);

    public static Tensor tensor(double[] rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        FromHost(rawArray.AsSpan(), ScalarType.Float64, [rawArray.Length], dtype, device, requires_grad, names);

    public static Tensor cat(Tensor[] tensors, long dim = 0) => Concatenate.Call(tensors, dim);

    public static Tensor matmul(Tensor input, Tensor target) => input.matmul(target);

    private static Tensor Create(Operator op, long[] size, ScalarType? dtype, Device? device, bool requiresGrad, string[]? names)
    {
        RefuseNames(names);
        return op.Call(size, dtype, Argument.None, device ?? CPU).requires_grad_(requiresGrad);
    }

    private static unsafe Tensor FromHost<T>(ReadOnlySpan<T> data, ScalarType source, ReadOnlySpan<long> dimensions, ScalarType? dtype, Device? device, bool requiresGrad, string[]? names)
        where T : unmanaged
    {
        RefuseNames(names);
        var elements = 1L;
        foreach (var size in dimensions)
        {
            elements = checked(elements * size);
        }

        if (elements != data.Length)
        {
            throw new ArgumentException($"{data.Length} elements for the shape [{string.Join(", ", dimensions.ToArray())}]");
        }

        device ??= CPU;
        nint handle;
        fixed (T* first = data)
        fixed (long* sizes = dimensions)
        {
            NativeMethods.Check(NativeMethods.ag_tensor_from_host(first, sizes, dimensions.Length, (int)source, (int)device.type, device.index, out handle));
        }

        var created = new Tensor(handle);
        return (dtype is null || dtype == source ? created : created.to(dtype.Value, disposeAfter: true)).requires_grad_(requiresGrad);
    }

    private static void RefuseNames(string[]? names)
    {
        if (names is not null)
        {
            throw new NotSupportedException("named dimensions are outside the binding's subset");
        }
    }
}
