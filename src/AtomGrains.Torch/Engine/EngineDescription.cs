namespace AtomGrains.Torch.Engine;

/// <summary>
/// What decides the bits of a float32 result beside its inputs. Two processes with equal descriptions compute equal
/// bits; a run records its own, and a resumed run is compared with it.
/// </summary>
/// <param name="Binding"><c>TorchSharp</c> or <c>LibTorch</c>.</param>
/// <param name="LibTorch">Version of libtorch.</param>
/// <param name="Blas">Library and build of the matrix products, such as <c>OpenBLAS 0.3.21 ... openmp</c>.</param>
/// <param name="BlasCore">The kernels that the BLAS picked for this processor, such as <c>SkylakeX</c>.</param>
/// <param name="CpuCapability">The vector instructions that ATen picked, such as <c>AVX2</c>.</param>
/// <param name="Threads">Threads of one operator.</param>
/// <param name="Device"><c>cpu</c> or <c>cuda</c>.</param>
public sealed record EngineDescription(string Binding, string LibTorch, string Blas, string BlasCore, string CpuCapability, string Threads, string Device);
