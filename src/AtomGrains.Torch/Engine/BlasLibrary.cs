using System.Runtime.InteropServices;

namespace AtomGrains.Torch.Engine;

/// <summary>The BLAS that this process has loaded, in its own words.</summary>
internal sealed record BlasLibrary(string Name, string Core)
{
    private static readonly string[] Families = ["openblas", "mkl_rt", "mkl_core", "blis", "libblas", "torch_cpu"];

    /// <summary>Asks the libraries mapped into the process; MKL inside libtorch itself shows as <c>torch_cpu</c>.</summary>
    internal static BlasLibrary Find()
    {
        var mapped = File.ReadLines("/proc/self/maps")
            .Select(line => line.IndexOf('/') is var start and >= 0 ? line[start..] : "")
            .Where(path => path.Contains(".so", StringComparison.Ordinal))
            .Distinct()
            .ToList();
        foreach (var family in Families)
        {
            if (mapped.Find(path => Path.GetFileName(path).Contains(family, StringComparison.Ordinal)) is { } path)
            {
                return Ask(path);
            }
        }

        return new BlasLibrary("unknown", "unknown");
    }

    private static BlasLibrary Ask(string path)
    {
        // Already mapped, so this only finds the handle.
        var library = NativeLibrary.Load(path);
        return new BlasLibrary(
            Text(library, "openblas_get_config") ?? Path.GetFileName(path),
            Text(library, "openblas_get_corename") ?? "unknown");
    }

    private static string? Text(nint library, string function) =>
        NativeLibrary.TryGetExport(library, function, out var address)
            ? Marshal.PtrToStringUTF8(Marshal.GetDelegateForFunctionPointer<Query>(address)())
            : null;

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate nint Query();
}
