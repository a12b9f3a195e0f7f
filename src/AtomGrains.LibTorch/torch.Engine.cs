using TorchSharp.Interop;

namespace TorchSharp;

/// <summary>
/// The subset of TorchSharp's API that our models use, over the libtorch of this machine. Names and signatures are
/// TorchSharp 0.107's; <c>tests/Torch/PublicSurface.txt</c> is the list.
/// </summary>
public static partial class torch
{
    /// <summary>The version of libtorch.</summary>
    public static string __version__ => NativeMethods.Text(NativeMethods.ag_version());

    public static DisposeScope NewDisposeScope() => new();

    /// <summary>Seeds the generators of the CPU and of every GPU.</summary>
    public static Generator manual_seed(long seed)
    {
        NativeMethods.Check(NativeMethods.ag_manual_seed(seed));
        return new Generator();
    }

    /// <summary>Threads of one operator, for the calling thread.</summary>
    public static int get_num_threads() => NativeMethods.ag_get_threads();

    public static void set_num_threads(int num) => NativeMethods.Check(NativeMethods.ag_set_threads(num));

    /// <summary>Can be called once a process, before any parallel work.</summary>
    public static void set_num_interop_threads(int num) => NativeMethods.Check(NativeMethods.ag_set_interop_threads(num));

    public static IDisposable no_grad() => new GradMode(false);

    public static IDisposable enable_grad(bool enabled = true) => new GradMode(enabled);

    public static bool is_grad_enabled() => NativeMethods.ag_grad_mode_enabled() != 0;

    /// <summary>The process's default generator, as <see cref="manual_seed"/> returns it.</summary>
    public class Generator : IDisposable
    {
        internal Generator()
        {
        }

        public void Dispose() => GC.SuppressFinalize(this);
    }

    public static partial class cuda
    {
        public static bool is_available() => device_count() > 0;

        public static int device_count() => NativeMethods.ag_cuda_device_count();
    }

    public static partial class backends
    {
        public static partial class cuda
        {
            public static partial class matmul
            {
                /// <summary>Whether float32 products on a GPU may be rounded to TF32.</summary>
                public static bool allow_tf32
                {
                    get => NativeMethods.ag_get_allow_tf32() != 0;
                    set => NativeMethods.Check(NativeMethods.ag_set_allow_tf32(value ? 1 : 0));
                }
            }
        }
    }

    private sealed class GradMode : IDisposable
    {
        private readonly bool _before = is_grad_enabled();

        internal GradMode(bool enabled) => NativeMethods.ag_grad_mode_set(enabled ? 1 : 0);

        public void Dispose() => NativeMethods.ag_grad_mode_set(_before ? 1 : 0);
    }
}
