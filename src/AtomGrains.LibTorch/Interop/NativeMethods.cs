using System.Runtime.InteropServices;

namespace TorchSharp.Interop;

/// <summary>The C interface of <c>native/atomgrains_torch.cpp</c>; its conventions are described there.</summary>
internal static unsafe partial class NativeMethods
{
    private const string Library = NativeLibraryLocator.LibraryName;

    static NativeMethods() => NativeLibraryLocator.Register();

    [LibraryImport(Library)]
    internal static partial nint ag_last_error();

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int ag_operator_find(string name, string overload, out nint found);

    [LibraryImport(Library)]
    internal static partial int ag_operator_call(nint op, NativeValue* arguments, int argumentCount, NativeValue* results, int capacity, out int resultCount);

    [LibraryImport(Library)]
    internal static partial void ag_tensor_free(nint tensor);

    [LibraryImport(Library)]
    internal static partial int ag_tensor_from_host(void* data, long* sizes, int dimensions, int dtype, int deviceType, int deviceIndex, out nint created);

    [LibraryImport(Library)]
    internal static partial int ag_tensor_dimensions(nint tensor, out int dimensions);

    [LibraryImport(Library)]
    internal static partial int ag_tensor_sizes(nint tensor, long* sizes);

    [LibraryImport(Library)]
    internal static partial int ag_tensor_info(nint tensor, out NativeTensorInfo info);

    [LibraryImport(Library)]
    internal static partial int ag_tensor_data(nint tensor, out nint data);

    [LibraryImport(Library)]
    internal static partial int ag_tensor_item(nint tensor, out NativeValue value);

    [LibraryImport(Library)]
    internal static partial int ag_tensor_backward(nint tensor);

    [LibraryImport(Library)]
    internal static partial int ag_tensor_set_requires_grad(nint tensor, int requiresGrad);

    [LibraryImport(Library)]
    internal static partial int ag_tensor_grad(nint tensor, out nint grad);

    [LibraryImport(Library)]
    internal static partial int ag_tensor_set_grad(nint tensor, nint grad);

    [LibraryImport(Library)]
    internal static partial int ag_tensor_set_data(nint tensor, nint data);

    [LibraryImport(Library)]
    internal static partial int ag_grad_mode_enabled();

    [LibraryImport(Library)]
    internal static partial void ag_grad_mode_set(int enabled);

    [LibraryImport(Library)]
    internal static partial nint ag_version();

    [LibraryImport(Library)]
    internal static partial nint ag_configuration();

    [LibraryImport(Library)]
    internal static partial int ag_manual_seed(long seed);

    [LibraryImport(Library)]
    internal static partial int ag_set_threads(int threads);

    [LibraryImport(Library)]
    internal static partial int ag_get_threads();

    [LibraryImport(Library)]
    internal static partial int ag_set_interop_threads(int threads);

    [LibraryImport(Library)]
    internal static partial int ag_get_allow_tf32();

    [LibraryImport(Library)]
    internal static partial int ag_set_allow_tf32(int allowed);

    [LibraryImport(Library)]
    internal static partial int ag_cuda_device_count();

    [LibraryImport(Library)]
    internal static partial int ag_cuda_memory(out long freeBytes, out long totalBytes);

    /// <summary>Turns a failed status into the exception that TorchSharp throws for the engine's errors.</summary>
    internal static void Check(int status)
    {
        if (status != 0)
        {
            throw new ExternalException(Text(ag_last_error()));
        }
    }

    internal static string Text(nint utf8) => Marshal.PtrToStringUTF8(utf8) ?? "";
}
