using TorchSharp.Interop;

namespace AtomGrains.LibTorch;

/// <summary>What the binding knows about its libtorch beyond TorchSharp's API.</summary>
public static class LibTorchEngine
{
    private const string CapabilityLabel = "CPU capability usage: ";

    /// <summary>The vector instructions that ATen picked at start: <c>AVX512</c>, <c>AVX2</c>, <c>DEFAULT</c> and the like.</summary>
    public static string CpuCapability
    {
        get
        {
            var configuration = NativeMethods.Text(NativeMethods.ag_configuration());
            var line = configuration.Split('\n').FirstOrDefault(line => line.Contains(CapabilityLabel, StringComparison.Ordinal));
            return line is null ? "unknown" : line[(line.IndexOf(CapabilityLabel, StringComparison.Ordinal) + CapabilityLabel.Length)..].Trim();
        }
    }

    /// <summary>Free and total bytes of the current CUDA device.</summary>
    /// <exception cref="System.Runtime.InteropServices.ExternalException">There is none.</exception>
    public static (long FreeBytes, long TotalBytes) CudaMemory()
    {
        NativeMethods.Check(NativeMethods.ag_cuda_memory(out var free, out var total));
        return (free, total);
    }
}
