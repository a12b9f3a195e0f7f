using System.Runtime.InteropServices;
using AtomGrains.Core.Runs;
using static TorchSharp.torch;

namespace AtomGrains.Torch.Engine;

/// <summary>Questions about the tensor engine of this process, and its failures on demand.</summary>
public static class TensorEngine
{
    /// <summary>What decides the bits of a run with <paramref name="spec"/> in this process.</summary>
    public static EngineDescription Describe(RunSpec spec)
    {
        using var first = zeros(1); // loads the libraries that are asked below
        var blas = BlasLibrary.Find();
        return new EngineDescription(
            Binding: typeof(Tensor).Assembly.GetName().Name == "TorchSharp" ? "TorchSharp" : "LibTorch",
            LibTorch: __version__,
            Blas: blas.Name,
            BlasCore: blas.Core,
            CpuCapability: Capability(),
            Threads: spec.ThreadsPerWorker.ToString(System.Globalization.CultureInfo.InvariantCulture),
            Device: spec.DeviceKind);
    }

    /// <summary>The device that <paramref name="name"/> means.</summary>
    /// <exception cref="ArgumentException">The name is not a device's, or the device isn't there.</exception>
    public static Device RequireDevice(string name)
    {
        if (name == "cpu")
        {
            return CPU;
        }

        var index = 0;
        if (name != "cuda" && !(name.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(name.AsSpan(5), out index) && index >= 0))
        {
            throw new ArgumentException($"device '{name}' is not one of cpu, cuda, cuda:N");
        }

        var present = cuda.is_available() ? cuda.device_count() : 0;
        return index < present
            ? device($"cuda:{index}")
            : throw new ArgumentException($"device {name} isn't there: the tensor engine sees {present} CUDA devices");
    }

    /// <summary>Makes the engine fail. Returns only if the engine did not notice, which no engine should.</summary>
    internal static void Fail(DeviceFault fault, Device device)
    {
        if (fault == DeviceFault.Abort)
        {
            Abort();
        }

        using var table = nn.Embedding(1, 1, device: device);
        using var outside = tensor([1L], device: device);
        using var row = table.call(outside);
        using var host = row.cpu(); // a GPU reports its error at the next synchronization
    }

    private static string Capability() =>
#if LIBTORCH_ENGINE
        LibTorch.LibTorchEngine.CpuCapability;
#else
        // TorchSharp does not pass ATen's answer on; this is how ATen chooses.
        Environment.GetEnvironmentVariable("ATEN_CPU_CAPABILITY") is { Length: > 0 } pinned ? pinned.ToUpperInvariant()
            : System.Runtime.Intrinsics.X86.Avx512F.IsSupported ? "AVX512"
            : System.Runtime.Intrinsics.X86.Avx2.IsSupported ? "AVX2"
            : "DEFAULT";
#endif

    [DllImport("libc", EntryPoint = "abort")]
    private static extern void Abort();
}
